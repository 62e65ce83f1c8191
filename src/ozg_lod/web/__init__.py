"""The web application: routes, and what applies to all of them."""
