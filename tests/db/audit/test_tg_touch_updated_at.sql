begin;
select plan(2);

select tests.act_as_owner();
update core.tenants set name = name where id = 101;
alter table core.tenants disable trigger tenants__touch_updated_at;
update core.tenants set updated_at = '2000-01-01' where id in (101, 102);
alter table core.tenants enable trigger tenants__touch_updated_at;

update core.tenants set name = 'Changed' where id = 101;
update core.tenants set name = name where id = 102;
select is(t.updated_at, now(), 'a row that changes is touched')
from core.tenants as t
where t.id = 101;
select is(t.updated_at, '2000-01-01'::timestamptz, 'a row that does not is left alone')
from core.tenants as t
where t.id = 102;

select * from finish();
rollback;
