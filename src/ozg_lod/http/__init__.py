"""HTTP below the application: header fields, negotiation, bodies, budgets, responses."""
