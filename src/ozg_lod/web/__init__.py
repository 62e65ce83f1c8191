"""HTTP below the pages: header fields, bodies, who asks how often, and answers as bytes."""
