-- Quirks: those of a model under those of the charge point.
begin;
select plan(5);
select tests.act_as_owner();
delete from core.model_quirks;
update core.charge_points as c
set vendor = 'KiloMaker', model = 'K-22', firmware_version = '1.4', quirks = '{"settle_s": 1}'
where c.id = 1001;

select is(
    (select fleet.get_quirks(c) from core.charge_points as c where c.id = 1001),
    '{"settle_s": 1}'::jsonb, 'without a model there are its own'
);
insert into core.model_quirks (vendor, model, firmware_version, quirks) values
    ('KILOMAKER', '%', '%', '{"settle_s": 9, "command_gap_s": 1, "energy_unit": "Wh"}'),
    ('KiloMaker', 'K-%', '%', '{"energy_unit": "kWh"}'),
    ('KiloMaker', 'K-%', '2%', '{"command_timeout_s": 60}'),
    ('Another', 'K-22', '1.4', '{"refuses_boot_trigger": true}');
select is(
    (select fleet.get_quirks(c) from core.charge_points as c where c.id = 1001),
    '{"settle_s": 1, "command_gap_s": 1, "energy_unit": "kWh"}'::jsonb,
    'the longer pattern wins key by key, and its own quirks win over all'
);
update core.charge_points as c set firmware_version = '2.0' where c.id = 1001;
select is(
    (
        select fleet.get_quirks(c) ->> 'command_timeout_s'
        from core.charge_points as c where c.id = 1001
    ),
    '60', 'some quirks are those of a firmware'
);
select is(
    (select fleet.get_quirks(c) from core.charge_points as c where c.id = 1002),
    '{}'::jsonb, 'who never said what it is has none'
);
select is(
    fleet.get_quirks(null::core.charge_points), '{}'::jsonb, 'nor has nobody'
);

select * from finish();
rollback;
