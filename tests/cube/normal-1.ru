# Types of components and observations that follow from how they are used (RDF Data Cube 10.1, phase 1).
PREFIX qb: <http://purl.org/linked-data/cube#>

INSERT { ?thing a ?class }
WHERE {
  { ?thing qb:dataSet ?set . BIND(qb:Observation AS ?class) }
  UNION
  { ?observation qb:dataSet ?thing . BIND(qb:DataSet AS ?class) }
  UNION
  { ?set qb:slice ?thing . BIND(qb:Slice AS ?class) }
  UNION
  {
    VALUES (?property ?class) {
      (qb:dimension qb:DimensionProperty) (qb:measure qb:MeasureProperty) (qb:attribute qb:AttributeProperty)
    }
    ?component ?property ?thing .
  }
}
