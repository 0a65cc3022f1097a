-- {{ address }}: rows that a reading of the whole table did not find are deleted at the time of the reading
INSERT INTO {{ stage }} ({{ columns|list }}, _state, _at, _deleted)
SELECT {{ columns|list("_l") }}, {% if several %}(
    -- after every state of the snapshots before it in the batch
    SELECT COALESCE(MAX(_n._state), 0) + 1
    FROM (
      SELECT _s._state FROM {{ stage }} AS _s
      UNION ALL
      SELECT _c._state FROM {{ changes }} AS _c WHERE _c._batch = {{ d.batch }}
    ) AS _n
  ){% else %}{{ d.max_int64 }}{% endif %}, {{ d.at }}, TRUE
{% if several and keeps %}FROM (
  SELECT {{ columns|list("_r") }} FROM {{ rows }} AS _r WHERE NOT _r._deleted AND _r._at <= {{ d.at }}
  UNION ALL
  -- rows that landed at a later time, as they were known before this one
  SELECT {{ columns|list("_n") }} FROM {{ earlier }} AS _n WHERE NOT _n._deleted
) AS _l
WHERE NOT EXISTS{% elif several %}FROM {{ rows }} AS _l
-- of rows that landed at a later time nothing says whether they were there at this one: a delete more changes nothing
WHERE (NOT _l._deleted OR _l._at > {{ d.at }})
  AND NOT EXISTS{% else %}FROM {{ rows }} AS _l
WHERE NOT _l._deleted
  AND NOT EXISTS{% endif %} (SELECT 1 FROM {{ stage }} AS _s WHERE {{ key|equal("_s", "_l") }});
