# Every component has its property under one name (RDF Data Cube 10.1, phases 1 and 2).
PREFIX qb: <http://purl.org/linked-data/cube#>

INSERT { ?component qb:componentProperty ?property }
WHERE { ?component qb:dimension|qb:measure|qb:attribute ?property }
