-- The check digit of a contract id (eMAID) after ISO 15118-1 and eMI3.
--
-- Called by: fleet.normalise_contract_id, fleet.convert_din_contract_id.
-- p_contract is country, provider and instance without separators: 14 of A-Z and 0-9; null for
-- anything else. Each character is four ternary and binary digits: (q1, q2) modulo 2 and
-- (r1, r2) modulo 3. The check character is the one that makes the sums of q * P1^i and r * P2^i
-- over all 15 characters zero, with P1 = (0 1 / 1 1) and P2 = (0 1 / 1 2). P1^15 is the
-- identity, and -P2^-15 is (0 2 / 2 1).
create or replace function fleet.compute_contract_check_digit(p_contract text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_alphabet constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    v_value integer;
    v_q integer[] := array[0, 0];
    v_r integer[] := array[0, 0];
begin
    if p_contract is null or p_contract !~ '^[A-Z0-9]{14}$' then
        return null;
    end if;
    -- Horner's scheme from the last character to the first: each step needs the one before.
    for v_position in reverse 14..1 loop
        v_value := strpos(v_alphabet, substr(p_contract, v_position, 1)) - 1;
        v_q := array[v_q[1] + v_value / 18, v_q[2] + v_value / 9 % 2];
        v_r := array[v_r[1] + v_value / 3 % 3, v_r[2] + v_value % 3];
        v_q := array[v_q[2] % 2, (v_q[1] + v_q[2]) % 2];
        v_r := array[v_r[2] % 3, (v_r[1] + 2 * v_r[2]) % 3];
    end loop;
    v_value := 18 * v_q[1] + 9 * v_q[2] + 3 * (2 * v_r[2] % 3) + (2 * v_r[1] + v_r[2]) % 3;
    return substr(v_alphabet, v_value + 1, 1);
end;
$$;
revoke all on function fleet.compute_contract_check_digit(text) from public;
comment on function fleet.compute_contract_check_digit(text) is
    'ISO 15118 check digit of the 14 characters of a contract id; null if they are not that.';
