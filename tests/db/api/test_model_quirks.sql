-- Quirks of models: the platform writes them, staff read them, and they meet those of a charger.
begin;
select plan(18);
select tests.act_as_owner();
delete from core.model_quirks;
select tests.act_as('greenway.platform_admin');
select lives_ok(
    $$ insert into api.model_quirks (vendor, quirks, note)
       values ('acme%', '{"settle_s": 60, "command_timeout_s": 90, "energy_unit": "kWh"}', 'seen') $$,
    'the platform notes what is odd about a vendor'
);
select results_eq(
    'select q.vendor, q.model, q.firmware_version, q.note from api.model_quirks as q',
    $$ values ('acme%', '%', '%', 'seen') $$, 'for every model and firmware of it'
);
insert into api.model_quirks (vendor, model, quirks) values ('acme%', 'One_', '{"settle_s": 5}');
insert into api.model_quirks (vendor, model, firmware_version, quirks)
values ('acme%', 'One_', '1.2%', '{"settle_s": 0, "refuses_boot_trigger": true}');
select throws_ok(
    $$ insert into api.model_quirks (vendor, quirks) values ('x', '{"speed": 1}') $$, '23514', null,
    'only what is known'
);
select throws_ok(
    format('insert into api.model_quirks (vendor, quirks) values (%L, %L)', 'x', q.quirks),
    '23514', null, format('%s is refused', q.quirks)
)
from unnest(array[
    '{"settle_s": "60"}', '{"command_timeout_s": 0}', '{"command_gap_s": 3601}',
    '{"refuses_boot_trigger": 1}', '{"energy_unit": "J"}', '[]'
]) as q (quirks);
select throws_ok(
    $$ insert into api.model_quirks (vendor, quirks) values ('x\', '{}') $$, '23514', null,
    'a pattern that could not be read'
);
select is(
    (select count(*) from api.audit_log as a
     where a.table_name = 'core.model_quirks'
         and a.user_id = tests.user_id_of('greenway.platform_admin')),
    3::bigint,
    'each is in the audit log'
);

select tests.act_as('bluecharge.viewer');
select is((select count(*) from api.model_quirks), 3::bigint, 'staff of every tenant read them');
select throws_ok(
    $$ insert into api.model_quirks (vendor, quirks) values ('x', '{}') $$, '42501', null,
    'and write nothing'
);
select tests.act_as('bluecharge.customer');
select throws_ok('select from api.model_quirks', '42501', null, 'drivers do not');

-- What holds for a charge point ------------------------------------------------------------

select tests.act_as_owner();
create function pg_temp.quirks(
    p_vendor text, p_model text, p_firmware_version text, p_quirks jsonb default '{}'
)
returns jsonb language sql as $$
    select fleet.get_quirks(
        jsonb_populate_record(
            null::core.charge_points,
            jsonb_build_object(
                'vendor', p_vendor, 'model', p_model, 'firmware_version', p_firmware_version,
                'quirks', p_quirks
            )
        )
    );
$$;
select is(
    pg_temp.quirks('ACME Ltd', 'Two', '1.2.3'),
    '{"settle_s": 60, "command_timeout_s": 90, "energy_unit": "kWh"}', 'those of its vendor'
);
select is(
    pg_temp.quirks('ACME Ltd', 'One+', '1.2.3'),
    '{"settle_s": 0, "command_timeout_s": 90, "energy_unit": "kWh", "refuses_boot_trigger": true}',
    'under those of its model and firmware'
);
select is(
    pg_temp.quirks('ACME Ltd', 'One+', '1.3', '{"settle_s": 7}') -> 'settle_s', '7',
    'under its own'
);
select is(pg_temp.quirks(null, null, null), '{}', 'of one that never said what it is, nothing');
select * from finish();
rollback;
