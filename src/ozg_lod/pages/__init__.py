"""The pages: what is known about things and about the catalogue, put into templates."""
