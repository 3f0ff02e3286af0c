-- Share an amount in proportion to weights, so that the shares sum to it to the last decimal.
--
-- Called by: pricing.price.
-- Takes:   an amount that has no more than p_decimals decimals; weights, none negative. Where
--          all are 0, they count as equal.
-- Returns: a share for each weight, in their order: the largest remainders get what rounding
--          down left over, the first of equals first (DESIGN 19).
create or replace function pricing.apportion(
    p_amount numeric, p_weights numeric[], p_decimals integer
)
returns numeric[]
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if cardinality(p_weights) <= 1 then
        return array_fill(p_amount, array[cardinality(p_weights)]);
    end if;
    return (
        with ideal as (
            select
                w.place,
                -- Ten decimals more than the answer has: remainders are compared, not added.
                round(p_amount, p_decimals + 10)
                * case when s.total = 0 then 1 else w.weight end
                / case when s.total = 0 then cardinality(p_weights) else s.total end as share
            from unnest(p_weights) with ordinality as w (weight, place)
            cross join (select sum(u.weight) as total from unnest(p_weights) as u (weight)) as s
        ),
        floored as (
            select
                i.place,
                trunc(i.share, p_decimals) as share,
                row_number() over (
                    order by i.share - trunc(i.share, p_decimals) desc, i.place
                ) as turn,
                p_amount - sum(trunc(i.share, p_decimals)) over () as left_over
            from ideal as i
        )
        select array_agg(
            case
                when f.turn <= f.left_over * 10 ^ p_decimals
                    then round(f.share + 10::numeric ^ (- p_decimals), p_decimals)
                else f.share
            end
            order by f.place
        )
        from floored as f
    );
end;
$$;
revoke all on function pricing.apportion(numeric, numeric[], integer) from public;
comment on function pricing.apportion(numeric, numeric[], integer) is
    'Share an amount in proportion to weights by the largest remainder.';
