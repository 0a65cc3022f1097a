-- {{ model }}: every role is bound to the version of its instant; a key is never NULL
CREATE OR REPLACE TEMP TABLE bound AS
SELECT
  {{ plain|list("_i") }}{% for role in roles %},
  {{ role.key_expr }} AS {{ role.key|q }}{% if role.durable_expr %},
  {{ role.durable_expr }} AS {{ role.durable|q }}{% endif %}{% endfor %}
FROM incoming AS _i
{% for role in roles %}{% if role.join %}LEFT JOIN {{ role.table }} AS {{ role.alias }}
  ON {{ role.join }}
{% endif %}{% endfor %}{% if recent %}WHERE {{ recent }}
{% endif %};
