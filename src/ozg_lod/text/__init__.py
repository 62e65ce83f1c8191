"""What people read and type: the two languages, the texts of the site, and spellings that mean the same."""
