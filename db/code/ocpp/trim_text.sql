-- Text without control characters and blanks at its ends, null when nothing is left.
--
-- Called by: the readers of payloads. Chargers append NUL, DLE and line ends to words that are
-- compared (quirks 36 and 37); what stands between the ends stays.
create or replace function ocpp.trim_text(p_text text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return nullif(
        btrim(
            p_text,
            E'\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e'
            '\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c'
            '\u001d\u001e\u001f \u007f\u00a0\ufeff'
        ),
        ''
    );
end;
$$;
revoke all on function ocpp.trim_text(text) from public;
comment on function ocpp.trim_text(text) is
    'Text without control characters and blanks at its ends, null when nothing is left.';
