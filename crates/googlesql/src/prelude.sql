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
CREATE OR REPLACE TEMP MACRO dwc_slice_start(n, a) AS CASE WHEN a < 0 THEN greatest(a + n, 0) ELSE a END;
CREATE OR REPLACE TEMP MACRO dwc_slice_end(n, b) AS CASE WHEN b < 0 THEN b + n ELSE least(b, n - 1) END;
CREATE OR REPLACE TEMP MACRO dwc_array_slice(l, a, b) AS CASE WHEN l IS NOT NULL AND a IS NOT NULL AND b IS NOT NULL THEN CASE WHEN dwc_slice_end(len(l), b) < dwc_slice_start(len(l), a) THEN list_slice(l, 1, 0) ELSE list_slice(l, dwc_slice_start(len(l), a) + 1, dwc_slice_end(len(l), b) + 1) END END;
-- Strings
CREATE OR REPLACE TEMP MACRO dwc_includes(l, x) AS CASE WHEN l IS NOT NULL AND x IS NOT NULL THEN COALESCE(list_contains(l, x), FALSE) END;
CREATE OR REPLACE TEMP MACRO dwc_split(s, sep) AS CASE WHEN s IS NULL OR sep IS NULL THEN NULL WHEN s = '' THEN [''] ELSE string_split(s, sep) END;
CREATE OR REPLACE TEMP MACRO dwc_regexp_extract(s, re, g) AS CASE WHEN regexp_matches(s, re) THEN regexp_extract(s, re, g) END;
CREATE OR REPLACE TEMP MACRO dwc_regexp_matches_end(s, re) AS regexp_matches('', re) AND s <> '' AND list_extract(regexp_extract_all(s, re, 0), -1) = '';
CREATE OR REPLACE TEMP MACRO dwc_regexp_groups(s, re, g) AS CASE WHEN dwc_regexp_matches_end(s, re) THEN list_slice(regexp_extract_all(s, re, g), 1, -2) ELSE regexp_extract_all(s, re, g) END;
CREATE OR REPLACE TEMP MACRO dwc_regexp_extract_all(s, re, g) AS list_transform(dwc_regexp_groups(s, re, g), lambda x: coalesce(x, ''));
CREATE OR REPLACE TEMP MACRO dwc_regexp_extract_at(s, re, g, p, n) AS CASE WHEN s IS NULL OR re IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN p < 1 THEN error('the position must be positive') WHEN n < 1 THEN error('the occurrence must be positive') WHEN p > greatest(length(s), 1) THEN NULL ELSE list_extract(dwc_regexp_groups(substr(s, p), re, g), n) END;
CREATE OR REPLACE TEMP MACRO dwc_marked_position(parts, n, p, after) AS CASE WHEN len(parts) <= n THEN 0 WHEN len(list_filter(parts[2:n + 1], lambda x: starts_with(x, chr(57345)))) > 0 THEN error('REGEXP_INSTR of an empty match') ELSE p + list_sum(list_transform(parts[1:n], lambda x: length(x))) - (n - 1) + after * (strpos(parts[n + 1], chr(57345)) - 1) END;
CREATE OR REPLACE TEMP MACRO dwc_regexp_instr(s, re, p, n, after) AS CASE WHEN s IS NULL OR re IS NULL OR p IS NULL OR n IS NULL OR after IS NULL THEN NULL WHEN p < 1 THEN error('the position must be positive') WHEN n < 1 THEN error('the occurrence must be positive') WHEN after NOT IN (0, 1) THEN error('the position of the occurrence must be 0 or 1') WHEN contains(s, chr(57344)) OR contains(s, chr(57345)) THEN error('a character of the private use area in REGEXP_INSTR') ELSE CAST(dwc_marked_position(string_split(regexp_replace(substr(s, p), '(' || re || ')', chr(57344) || '\1' || chr(57345), 'g'), chr(57344)), n, p, after) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO dwc_contains_substr(s, x) AS contains(lower(nfc_normalize(s)), lower(nfc_normalize(x)));
CREATE OR REPLACE TEMP MACRO dwc_to_code_points(s) AS from_json(dwc_code_points_json(s), '["BIGINT"]');
CREATE OR REPLACE TEMP MACRO dwc_code_points_to_string(l) AS CASE WHEN len(list_filter(l, lambda c: c IS NULL)) = 0 THEN coalesce(array_to_string(list_transform(l, lambda c: dwc_chr(c)), ''), '') END;
-- JSON
CREATE OR REPLACE TEMP MACRO dwc_json_value_array(j, p) AS from_json(dwc_json_values(j, p), '["VARCHAR"]');
CREATE OR REPLACE TEMP MACRO dwc_json_query_array(j, p) AS from_json(dwc_json_queries(j, p), '["VARCHAR"]');
CREATE OR REPLACE TEMP MACRO dwc_json_keys(j, depth, mode) AS CASE WHEN dwc_json_key_list('null', coalesce(depth, 9223372036854775807), mode) IS NOT NULL THEN from_json(dwc_json_key_list(j, coalesce(depth, 9223372036854775807), mode), '["VARCHAR"]') END;
CREATE OR REPLACE TEMP MACRO dwc_json_key_text(k) AS CASE WHEN k IS NULL THEN dwc_error('a key of JSON_OBJECT is NULL') ELSE dwc_json_string(k) || ':' END;
-- Numbers of 18 decimals
CREATE OR REPLACE TEMP MACRO dwc_bignumeric_add(a, b) AS CAST(CAST(a AS DECIMAL(38,18)) + CAST(b AS DECIMAL(38,18)) AS DECIMAL(38,18));
CREATE OR REPLACE TEMP MACRO dwc_bignumeric_subtract(a, b) AS CAST(CAST(a AS DECIMAL(38,18)) - CAST(b AS DECIMAL(38,18)) AS DECIMAL(38,18));
-- Intervals
CREATE OR REPLACE TEMP MACRO dwc_interval(m, d, us) AS to_months(CAST(m AS INTEGER)) + to_days(CAST(d AS INTEGER)) + to_microseconds(CAST(us AS BIGINT));
CREATE OR REPLACE TEMP MACRO dwc_interval_months(i) AS CAST(date_part('year', i) * 12 + date_part('month', i) AS BIGINT);
CREATE OR REPLACE TEMP MACRO dwc_interval_days(i) AS CAST(date_part('day', i) AS BIGINT);
CREATE OR REPLACE TEMP MACRO dwc_interval_micros(i) AS CAST(date_part('hour', i) * 3600000000 + date_part('minute', i) * 60000000 + date_part('microsecond', i) AS BIGINT);
CREATE OR REPLACE TEMP MACRO dwc_interval_add(a, b) AS dwc_interval(dwc_interval_months(a) + dwc_interval_months(b), dwc_interval_days(a) + dwc_interval_days(b), dwc_interval_micros(a) + dwc_interval_micros(b));
CREATE OR REPLACE TEMP MACRO dwc_interval_subtract(a, b) AS dwc_interval(dwc_interval_months(a) - dwc_interval_months(b), dwc_interval_days(a) - dwc_interval_days(b), dwc_interval_micros(a) - dwc_interval_micros(b));
CREATE OR REPLACE TEMP MACRO dwc_interval_multiply(i, n) AS dwc_interval(dwc_interval_months(i) * n, dwc_interval_days(i) * n, dwc_interval_micros(i) * n);
CREATE OR REPLACE TEMP MACRO dwc_interval_left_days(i, n) AS dwc_interval_months(i) % n * 30 + dwc_interval_days(i);
CREATE OR REPLACE TEMP MACRO dwc_interval_divide(i, n) AS CASE WHEN n = 0 THEN error('division by zero') ELSE dwc_interval(dwc_truncating_div(dwc_interval_months(i), n), dwc_truncating_div(dwc_interval_left_days(i, n), n), dwc_truncating_div(dwc_interval_left_days(i, n) % n * 86400000000 + dwc_interval_micros(i), n)) END;
CREATE OR REPLACE TEMP MACRO dwc_date_interval(a, b) AS to_days(CAST(date_diff('day', b, a) AS INTEGER));
CREATE OR REPLACE TEMP MACRO dwc_timestamp_interval(a, b) AS to_microseconds(epoch_us(a) - epoch_us(b));
CREATE OR REPLACE TEMP MACRO dwc_datetime_interval(a, b) AS dwc_interval(0, dwc_truncating_div(epoch_us(a) - epoch_us(b), 86400000000), (epoch_us(a) - epoch_us(b)) % 86400000000);
CREATE OR REPLACE TEMP MACRO dwc_time_interval(a, b) AS to_microseconds(date_diff('microsecond', b, a));
CREATE OR REPLACE TEMP MACRO dwc_second_fraction(us) AS CASE WHEN us = 0 THEN '' WHEN us % 1000 = 0 THEN '.' || lpad(CAST(us // 1000 AS VARCHAR), 3, '0') ELSE '.' || lpad(CAST(us AS VARCHAR), 6, '0') END;
CREATE OR REPLACE TEMP MACRO dwc_clock_text(us) AS CASE WHEN us < 0 THEN '-' ELSE '' END || (abs(us) // 3600000000) || ':' || (abs(us) // 60000000 % 60) || ':' || (abs(us) // 1000000 % 60) || dwc_second_fraction(abs(us) % 1000000);
CREATE OR REPLACE TEMP MACRO dwc_months_text(m) AS CASE WHEN m < 0 THEN '-' ELSE '' END || (abs(m) // 12) || '-' || (abs(m) % 12);
CREATE OR REPLACE TEMP MACRO dwc_interval_to_string(i) AS dwc_months_text(dwc_interval_months(i)) || ' ' || dwc_interval_days(i) || ' ' || dwc_clock_text(dwc_interval_micros(i));
-- Ranges
CREATE OR REPLACE TEMP MACRO dwc_range_bound(x, r) AS CASE WHEN r IS NOT NULL AND x IS NULL THEN error('GENERATE_RANGE_ARRAY of a RANGE without an end') ELSE x END;
CREATE OR REPLACE TEMP MACRO dwc_date_ranges(r, step, partial) AS from_json(dwc_date_pieces(dwc_range_bound(r."start", r), dwc_range_bound(r."end", r), step, partial), '[{"start":"DATE","end":"DATE"}]');
CREATE OR REPLACE TEMP MACRO dwc_datetime_ranges(r, step, partial) AS from_json(dwc_datetime_pieces(dwc_range_bound(r."start", r), dwc_range_bound(r."end", r), step, partial), '[{"start":"TIMESTAMP","end":"TIMESTAMP"}]');
CREATE OR REPLACE TEMP MACRO dwc_timestamp_ranges(r, step, partial) AS from_json(dwc_timestamp_pieces(dwc_range_bound(r."start", r), dwc_range_bound(r."end", r), step, partial), '[{"start":"TIMESTAMP","end":"TIMESTAMP"}]');
CREATE OR REPLACE TEMP MACRO dwc_range(a, b) AS CASE WHEN a >= b THEN error('the start of a RANGE must be before its end') ELSE struct_pack("start" := a, "end" := b) END;
CREATE OR REPLACE TEMP MACRO dwc_range_contains(r, x) AS CASE WHEN r IS NOT NULL AND x IS NOT NULL THEN coalesce(x >= r."start", TRUE) AND coalesce(x < r."end", TRUE) END;
CREATE OR REPLACE TEMP MACRO dwc_range_contains_range(r, q) AS CASE WHEN r IS NOT NULL AND q IS NOT NULL THEN (r."start" IS NULL OR coalesce(q."start" >= r."start", FALSE)) AND (r."end" IS NULL OR coalesce(q."end" <= r."end", FALSE)) END;
CREATE OR REPLACE TEMP MACRO dwc_range_overlaps(r, q) AS CASE WHEN r IS NOT NULL AND q IS NOT NULL THEN coalesce(r."start" < q."end", TRUE) AND coalesce(q."start" < r."end", TRUE) END;
CREATE OR REPLACE TEMP MACRO dwc_range_intersect(r, q) AS CASE WHEN dwc_range_overlaps(r, q) THEN struct_pack("start" := greatest(r."start", q."start"), "end" := least(r."end", q."end")) WHEN NOT dwc_range_overlaps(r, q) THEN error('the RANGEs do not overlap') END;
-- Dates
CREATE OR REPLACE TEMP MACRO dwc_week_start(d, first) AS d - CAST((dayofweek(d) + 7 - first) % 7 AS INTEGER);
CREATE OR REPLACE TEMP MACRO dwc_week_number(d, first) AS (dayofyear(d) + 6 - (dayofweek(d) + 7 - first) % 7) // 7;
CREATE OR REPLACE TEMP MACRO dwc_iso_year_start(y) AS dwc_week_start(make_date(y, 1, 4), 1);
CREATE OR REPLACE TEMP MACRO dwc_time_trunc(t, unit) AS make_time(CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS DOUBLE)) + to_microseconds((date_part('hour', t) * 3600000000 + date_part('minute', t) * 60000000 + date_part('microsecond', t)) // unit * unit);
