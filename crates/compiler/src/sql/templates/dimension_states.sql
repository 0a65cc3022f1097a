-- {{ model }}: every state that landed since the last load is an event of its member
CREATE OR REPLACE TEMP TABLE incoming AS
{{ query }};
