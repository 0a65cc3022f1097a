-- {{ address }}: rows that a reading of the whole table did not find are deleted at the time of the reading
INSERT INTO {{ stage }} ({{ columns|list }}, _state, _at, _deleted)
SELECT {{ columns|list("_l") }}, {{ d.max_int64 }}, {{ d.at }}, TRUE
FROM {{ rows }} AS _l
WHERE NOT _l._deleted
  AND NOT EXISTS (SELECT 1 FROM {{ stage }} AS _s WHERE {{ key|equal("_s", "_l") }});
