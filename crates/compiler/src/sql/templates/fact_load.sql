{# A semicolon within a loop does not end the statement that the loop is. #}{% set within = ";" %}{% set begin %}{% if pieces %}-- {{ model }}: in pieces, so that no statement changes more partitions than it may
SET dwc_piece_first = (SELECT MIN({{ pieces.day }}) FROM bound AS _s);

WHILE dwc_piece_first IS NOT NULL DO
SET dwc_piece_last = (
  SELECT MAX(_d.day)
  FROM (
    SELECT DISTINCT {{ pieces.day }} AS day
    FROM bound AS _s
    WHERE {{ pieces.day }} >= dwc_piece_first
    ORDER BY day
    LIMIT {{ pieces.most }}
  ) AS _d
){{ within }}
{% endif %}{% endset %}{% set end %}{% if pieces %}{{ within }}
SET dwc_piece_first = (SELECT MIN({{ pieces.day }}) FROM bound AS _s WHERE {{ pieces.day }} > dwc_piece_last){{ within }}
END WHILE{% endif %}{% endset %}
{% if range %}-- {{ model }}: the days whose partitions the batch can affect; being constant, they spare all others
SET dwc_first = ({{ range.first }});

SET dwc_last = ({{ range.last }});

{% endif %}{% if insert_only %}{% if not touched %}-- {{ model }}: where the model has changed, rows that its query no longer gives
CREATE OR REPLACE TEMP TABLE vanished AS
SELECT {{ key|list("_f") }}
FROM {{ table }} AS _f
WHERE {{ d.since }} = 0
  AND NOT EXISTS (SELECT 1 FROM bound AS _b WHERE {{ key|equal("_b", "_f") }});

{% endif %}--? counts
SELECT
  (SELECT COUNT(*) FROM incoming) AS extracted,
  {{ d.count_if }}(_f.loaded_batch IS NULL) AS inserted,
{% if not touched %}  {{ d.count_if }}(_f.loaded_batch IS NOT NULL AND {{ changed }} AND {{ d.since }} = 0) AS updated,
  (SELECT COUNT(*) FROM vanished) AS deleted,
{% endif %}  {{ d.count_if }}(_f.loaded_batch IS NOT NULL AND {{ changed }} AND {{ d.since }} > 0) AS superseded,
  {{ d.count_if }}(_f.loaded_batch IS NOT NULL AND NOT {{ changed }}) AS unchanged
FROM bound AS _b
LEFT JOIN {{ table }} AS _f ON {{ key|equal("_f", "_b") }}{% if range %} AND {{ range.within_f }}{% endif %};

{% if not touched %}DELETE FROM {{ table }} AS _f
WHERE EXISTS (SELECT 1 FROM vanished AS _v WHERE {{ key|equal("_v", "_f") }});

-- {{ model }}: where the model has changed, its rows are what it says now
UPDATE {{ table }} AS _f
SET {{ payload|assign("_b") }}loaded_batch = {{ d.batch }}
FROM bound AS _b
WHERE {{ d.since }} = 0 AND {{ key|equal("_b", "_f") }} AND ({{ payload|differ("_f", "_b") }});

{% endif %}-- {{ model }}: rows never change; what is there stays as it is
{{ begin }}INSERT INTO {{ table }} ({{ columns|list }}, loaded_batch)
SELECT {{ columns|list("_s") }}, {{ d.batch }}
FROM bound AS _s
WHERE NOT EXISTS (SELECT 1 FROM {{ table }} AS _t WHERE {{ key|equal("_t", "_s") }}{% if range %} AND {{ range.within_t }}{% endif %}){% if pieces %}
  AND {{ pieces.day }} BETWEEN dwc_piece_first AND dwc_piece_last{% endif %}{{ end }};
{% else %}-- {{ model }}: rows of {% if touched %}touched keys{% else %}the fact{% endif %} that the query no longer gives
CREATE OR REPLACE TEMP TABLE vanished AS
SELECT {{ key|list("_f") }}
FROM {{ table }} AS _f
{% if touched %}JOIN touched AS _t ON {{ touched|equal("_t", "_f") }}
{% endif %}WHERE NOT EXISTS (SELECT 1 FROM bound AS _b WHERE {{ key|equal("_b", "_f") }}){% if range %}
  AND {{ range.within_f }}{% endif %};

--? counts
SELECT
  (SELECT COUNT(*) FROM incoming) AS extracted,
  {{ d.count_if }}(_f.loaded_batch IS NULL) AS inserted,
  {{ d.count_if }}(_f.loaded_batch IS NOT NULL{% if flags_deletes %} AND _f.is_deleted >= _b.is_deleted{% endif %} AND ({{ payload|differ("_f", "_b") }})) AS updated,
  (SELECT COUNT(*) FROM vanished){% if flags_deletes %} + {{ d.count_if }}(_f.is_deleted < _b.is_deleted){% endif %} AS deleted,
  {{ d.count_if }}(_f.loaded_batch IS NOT NULL AND NOT ({{ payload|differ("_f", "_b") }})) AS unchanged
FROM bound AS _b
LEFT JOIN {{ table }} AS _f ON {{ key|equal("_f", "_b") }}{% if range %} AND {{ range.within_f }}{% endif %};

DELETE FROM {{ table }} AS _f
WHERE EXISTS (SELECT 1 FROM vanished AS _v WHERE {{ key|equal("_v", "_f") }}){% if range %}
  AND {{ range.within_f }}{% endif %};

{{ begin }}MERGE INTO {{ table }} AS _t
USING {% if pieces %}(
  SELECT * FROM bound AS _s WHERE {{ pieces.day }} BETWEEN dwc_piece_first AND dwc_piece_last
){% else %}bound{% endif %} AS _s
ON {{ key|equal("_t", "_s") }}{% if range %} AND {{ range.within_t }}{% endif %}

WHEN MATCHED AND ({{ payload|differ("_t", "_s") }}) THEN
  UPDATE SET {{ payload|assign("_s") }}loaded_batch = {{ d.batch }}
WHEN NOT MATCHED THEN
  INSERT ({{ columns|list }}, loaded_batch)
  VALUES ({{ columns|list("_s") }}, {{ d.batch }}){{ end }};
{% endif %}
