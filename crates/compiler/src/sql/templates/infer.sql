-- {{ fact }}: a key of the role `{{ role }}` without a member gets one, to be filled in place when the member arrives
INSERT INTO {{ table }} ({{ key_column|q }}, {{ durable_column|q }}, {{ key|list }}, {% if has_versions %}valid_from, valid_to, is_current, {% endif %}is_deleted, is_inferred, loaded_batch)
SELECT DISTINCT {{ durable_hash }}, {{ durable_hash }}, {{ on|list("i") }}, {% if has_versions %}{{ d.beginning }}, {{ valid_to }}, TRUE, {% endif %}FALSE, TRUE, {{ d.batch }}
FROM incoming AS i
WHERE {{ on|not_null("i") }}
  AND NOT EXISTS (SELECT 1 FROM {{ table }} AS d WHERE {{ pairs|pairs_equal("d", "i") }});
