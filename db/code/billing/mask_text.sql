-- Show the ends of an account number or token and hide what is between.
--
-- A text that is too short to hide anything is hidden in full.
-- Called by: billing.describe_invoice.
create or replace function billing.mask_text(p_text text, p_first integer, p_last integer)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when length(p_text) <= p_first + p_last then repeat('*', length(p_text))
        else
            left(p_text, p_first)
            || repeat('*', length(p_text) - p_first - p_last)
            || right(p_text, p_last)
    end;
$$;
revoke all on function billing.mask_text(text, integer, integer) from public;
comment on function billing.mask_text(text, integer, integer) is
    'A text with all but its first and last characters hidden.';
