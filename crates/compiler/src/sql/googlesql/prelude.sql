-- Macros that translated GoogleSQL calls. Functions named dwc_* that are not here are scalar functions in Rust.
CREATE OR REPLACE TEMP MACRO dwc_now() AS make_timestamp(epoch_us(now()));
-- Numbers
CREATE OR REPLACE TEMP MACRO dwc_numeric_to_string(x) AS dwc_trim_decimal(CAST(x AS VARCHAR));
CREATE OR REPLACE TEMP MACRO dwc_ieee_divide(a, b) AS CAST(a AS DOUBLE) / CAST(b AS DOUBLE);
CREATE OR REPLACE TEMP MACRO dwc_numeric_average(total, n) AS CASE WHEN n > 0 THEN dwc_numeric_divide(CAST(total AS DECIMAL(38,9)), CAST(n AS DECIMAL(38,9))) END;
CREATE OR REPLACE TEMP MACRO dwc_float_lt(a, b) AS CASE WHEN isnan(a) OR isnan(b) THEN CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN FALSE END ELSE a < b END;
CREATE OR REPLACE TEMP MACRO dwc_float_le(a, b) AS CASE WHEN isnan(a) OR isnan(b) THEN CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN FALSE END ELSE a <= b END;
CREATE OR REPLACE TEMP MACRO dwc_float_gt(a, b) AS CASE WHEN isnan(a) OR isnan(b) THEN CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN FALSE END ELSE a > b END;
CREATE OR REPLACE TEMP MACRO dwc_float_ge(a, b) AS CASE WHEN isnan(a) OR isnan(b) THEN CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN FALSE END ELSE a >= b END;
CREATE OR REPLACE TEMP MACRO dwc_float_eq(a, b) AS CASE WHEN isnan(a) OR isnan(b) THEN CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN FALSE END ELSE a = b END;
CREATE OR REPLACE TEMP MACRO dwc_float_ne(a, b) AS CASE WHEN isnan(a) OR isnan(b) THEN CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN TRUE END ELSE a <> b END;
CREATE OR REPLACE TEMP MACRO dwc_float_sign(x) AS CASE WHEN isnan(x) THEN x ELSE CAST(sign(x) AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO dwc_greatest(l) AS CASE WHEN len(list_filter(l, lambda x: x IS NULL)) = 0 THEN list_max(l) END;
CREATE OR REPLACE TEMP MACRO dwc_least(l) AS CASE WHEN len(list_filter(l, lambda x: x IS NULL)) = 0 THEN list_min(l) END;
CREATE OR REPLACE TEMP MACRO dwc_least_float(l) AS CASE WHEN len(list_filter(l, lambda x: x IS NULL)) = 0 THEN CASE WHEN len(list_filter(l, lambda x: isnan(x))) > 0 THEN CAST('nan' AS DOUBLE) ELSE list_min(l) END END;
CREATE OR REPLACE TEMP MACRO dwc_truncating_div(a, b) AS CASE WHEN a < 0 THEN -((-a) // b) ELSE a // b END;
CREATE OR REPLACE TEMP MACRO dwc_floor_div(a, b) AS CASE WHEN a < 0 THEN -((-a + b - 1) // b) ELSE a // b END;
CREATE OR REPLACE TEMP MACRO dwc_json_numeric(x) AS CASE WHEN x = trunc(x) AND abs(x) <= 9007199254740992 THEN dwc_numeric_to_string(x) ELSE '"' || dwc_numeric_to_string(x) || '"' END;
-- Arrays
CREATE OR REPLACE TEMP MACRO dwc_safe_ordinal(l, i) AS CASE WHEN i >= 1 AND i <= len(l) THEN l[i] END;
CREATE OR REPLACE TEMP MACRO dwc_safe_offset(l, i) AS CASE WHEN i >= 0 AND i < len(l) THEN l[i + 1] END;
CREATE OR REPLACE TEMP MACRO dwc_ordinal(l, i) AS CASE WHEN l IS NULL OR i IS NULL THEN NULL WHEN i < 1 OR i > len(l) THEN error('array index out of bounds') ELSE l[i] END;
CREATE OR REPLACE TEMP MACRO dwc_offset(l, i) AS CASE WHEN l IS NULL OR i IS NULL THEN NULL WHEN i < 0 OR i >= len(l) THEN error('array index out of bounds') ELSE l[i + 1] END;
CREATE OR REPLACE TEMP MACRO dwc_array_last(l) AS CASE WHEN l IS NULL THEN NULL WHEN len(l) = 0 THEN error('array index out of bounds') ELSE l[-1] END;
CREATE OR REPLACE TEMP MACRO dwc_array_concat(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_concat(a, b) END;
CREATE OR REPLACE TEMP MACRO dwc_in_array(x, l) AS CASE WHEN l IS NULL THEN FALSE WHEN len(l) = 0 THEN FALSE WHEN x IS NULL THEN NULL WHEN list_contains(l, x) THEN TRUE WHEN len(list_filter(l, lambda y: y IS NULL)) > 0 THEN NULL ELSE FALSE END;
CREATE OR REPLACE TEMP MACRO dwc_array_to_string(l, sep) AS CASE WHEN l IS NOT NULL AND sep IS NOT NULL THEN coalesce(array_to_string(list_filter(l, lambda x: x IS NOT NULL), sep), '') END;
CREATE OR REPLACE TEMP MACRO dwc_array_to_string_nulls(l, sep, nulls) AS CASE WHEN l IS NOT NULL AND sep IS NOT NULL AND nulls IS NOT NULL THEN coalesce(array_to_string(list_transform(l, lambda x: coalesce(x, nulls)), sep), '') END;
CREATE OR REPLACE TEMP MACRO dwc_array_is_distinct(l) AS CASE WHEN l IS NOT NULL THEN len(list_distinct(list_filter(l, lambda x: x IS NOT NULL))) + CASE WHEN len(list_filter(l, lambda x: x IS NULL)) > 0 THEN 1 ELSE 0 END = len(l) END;
CREATE OR REPLACE TEMP MACRO dwc_generate_array(a, b, step) AS CASE WHEN a IS NULL OR b IS NULL OR step IS NULL THEN NULL WHEN step = 0 THEN error('step cannot be 0') ELSE generate_series(CAST(a AS BIGINT), CAST(b AS BIGINT), CAST(step AS BIGINT)) END;
CREATE OR REPLACE TEMP MACRO dwc_date_array(a, b, step) AS list_transform(dwc_generate_array(date_diff('day', DATE '1970-01-01', a), date_diff('day', DATE '1970-01-01', b), step), lambda n: DATE '1970-01-01' + CAST(n AS INTEGER));
CREATE OR REPLACE TEMP MACRO dwc_month_array(a, b, step) AS list_transform(generate_series(CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP), to_months(CAST(step AS INTEGER))), lambda t: CAST(t AS DATE));
CREATE OR REPLACE TEMP MACRO dwc_timestamp_array(a, b, step) AS list_transform(dwc_generate_array(epoch_us(a), epoch_us(b), step), lambda n: make_timestamp(n));
CREATE OR REPLACE TEMP MACRO dwc_range_bucket(x, l) AS CASE WHEN x IS NOT NULL AND l IS NOT NULL THEN CAST(len(list_filter(l, lambda y: y <= x)) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO dwc_top_count(l, n) AS list_slice(list_transform(list_reverse_sort(list_transform(list_distinct(l), lambda v: {'count': CAST(len(list_filter(l, lambda y: y = v)) AS BIGINT), 'value': v})), lambda s: {'value': s.value, 'count': s.count}), 1, n);
-- Strings
CREATE OR REPLACE TEMP MACRO dwc_split(s, sep) AS CASE WHEN s = '' THEN [''] ELSE string_split(s, sep) END;
CREATE OR REPLACE TEMP MACRO dwc_regexp_extract(s, re, g) AS CASE WHEN regexp_matches(s, re) THEN regexp_extract(s, re, g) END;
CREATE OR REPLACE TEMP MACRO dwc_regexp_instr(s, re) AS CASE WHEN s IS NULL OR re IS NULL THEN NULL WHEN regexp_matches(s, re) THEN strpos(s, regexp_extract(s, re)) ELSE 0 END;
CREATE OR REPLACE TEMP MACRO dwc_contains_substr(s, x) AS contains(lower(nfc_normalize(s)), lower(nfc_normalize(x)));
CREATE OR REPLACE TEMP MACRO dwc_to_code_points(s) AS from_json(dwc_code_points_json(s), '["BIGINT"]');
CREATE OR REPLACE TEMP MACRO dwc_code_points_to_string(l) AS CASE WHEN len(list_filter(l, lambda c: c IS NULL)) = 0 THEN coalesce(array_to_string(list_transform(l, lambda c: dwc_chr(c)), ''), '') END;
-- JSON
CREATE OR REPLACE TEMP MACRO dwc_json_value_array(j, p) AS from_json(dwc_json_values(j, p), '["VARCHAR"]');
CREATE OR REPLACE TEMP MACRO dwc_json_query_array(j, p) AS from_json(dwc_json_queries(j, p), '["VARCHAR"]');
-- Dates
CREATE OR REPLACE TEMP MACRO dwc_week_start(d, first) AS d - CAST((dayofweek(d) + 7 - first) % 7 AS INTEGER);
CREATE OR REPLACE TEMP MACRO dwc_week_number(d, first) AS (dayofyear(d) + 6 - (dayofweek(d) + 7 - first) % 7) // 7;
CREATE OR REPLACE TEMP MACRO dwc_iso_year_start(y) AS dwc_week_start(make_date(y, 1, 4), 1);
CREATE OR REPLACE TEMP MACRO dwc_time_trunc(t, unit) AS make_time(CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS DOUBLE)) + to_microseconds((date_part('hour', t) * 3600000000 + date_part('minute', t) * 60000000 + date_part('microsecond', t)) // unit * unit);
