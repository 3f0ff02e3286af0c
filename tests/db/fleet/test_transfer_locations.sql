-- Where chargers may be sent for files.
begin;
select plan(8);
select tests.act_as_owner();

select results_eq(
    $$ select v.url, p.scheme, p.host, p.port, p.path, p.query, p.user_info
       from (values
           (1, 'https://depot.example.com/fw/a%20b-1.bin'),
           (2, 'HTTPS://Depot.Example.COM:443/'),
           (3, 'ftp://user:pa-ss@10.0.0.7:2121/up/?x=%2F@y'),
           (4, 'http://h:80/a.b/..c/d..')
       ) as v (no, url)
       cross join lateral fleet.parse_location(v.url) as p
       order by v.no $$,
    $$ values
           ('https://depot.example.com/fw/a%20b-1.bin', 'https', 'depot.example.com', null::text,
            '/fw/a%20b-1.bin', null::text, null::text),
           ('HTTPS://Depot.Example.COM:443/', 'https', 'depot.example.com', null, '/', null, null),
           ('ftp://user:pa-ss@10.0.0.7:2121/up/?x=%2F@y', 'ftp', '10.0.0.7', '2121', '/up/',
            '?x=%2F@y', 'user:pa-ss'),
           ('http://h:80/a.b/..c/d..', 'http', 'h', null, '/a.b/..c/d..', null, null) $$,
    'an address is taken apart; scheme and host in small letters, the usual port is none'
);
select is_empty(
    $$ select v.url
       from unnest(array[
           'depot.example.com/fw', 'file:///etc/passwd', 'gopher://h/x', 'javascript://h/%0a',
           'https://depot.example.com', 'https:///fw', 'https://depot.example.com?x',
           'https://depot.example.com@evil.example/fw/', 'https://user:x@depot.example.com/fw/',
           'ftp://a@b@depot.example.com/fw/', 'ftp://a%40b@depot.example.com/',
           'https://depot.example.com\@evil.example/', 'https://depot.example.com/fw/../x',
           'https://depot.example.com/fw/..', 'https://depot.example.com/./fw',
           'https://depot.example.com/fw/%2e%2e/x', 'https://depot.example.com/fw/%2F..%2Fx',
           'https://depot.example.com/fw/%252e%252e/x', 'https://depot.example.com/fw/..;/x',
           'https://depot.example.com/fw\..\x', 'https://depot.example.com//fw',
           'https://depot.example.com/fw#x', 'https://depot.example.com:0/fw',
           'https://depot.example.com:99999/fw', 'https://depot.example.com:/fw',
           'https://depot..example.com/fw', 'https://depot.example.com./fw', 'https://[::1]/fw',
           'https://depot.example.com /fw', 'https://depot.example.com/fw x', 'https://fi les/fw',
           E'https://depot.example.com/fw\n', E'https://depot.example.com/fw\r\nX: y',
           'https://fıles.example.com/fw', '', 'https://depot.example.com/' || repeat('x', 500)
       ]) as v (url)
       cross join lateral fleet.parse_location(v.url) as p
       where p.host is not null $$,
    'nothing is accepted that two readers could read differently'
);

insert into core.transfer_locations (
    tenant_id, name, direction, url_prefix, is_enabled, is_one_time
)
values
    (101, 'Images', 'download', 'HTTPS://FW.greenway.example:443/img/', true, true),
    (101, 'Vendor', 'download', 'https://vendor.example/', true, false),
    (101, 'Old', 'download', 'https://old.example/', false, true),
    (101, 'Files', 'upload', 'ftp://logs.greenway.example/in/', true, true),
    (102, 'Images', 'download', 'https://fw.bluecharge.example/', true, true);
select is(
    (
        select l.url_prefix from core.transfer_locations as l
        where l.tenant_id = 101 and l.name = 'Images'
    ),
    'https://fw.greenway.example/img/', 'a prefix is kept in one form'
);
select throws_ok(
    format(
        $$ insert into core.transfer_locations (tenant_id, name, direction, url_prefix)
           values (101, 'X', 'upload', %L) $$, v.prefix
    ),
    'PT400', 'this is no prefix of addresses for files', 'no prefix: ' || v.prefix
)
from (values ('https://x.example/a/../')) as v (prefix);

create function pg_temp.given(p_direction text, p_url text) returns text
language plpgsql as $$
begin
    return regexp_replace(
        fleet.prepare_location(101, p_direction, p_url), 'vt_[A-Za-z0-9_-]{43}(?=/|$)', '<T>', 'g'
    );
exception
    when sqlstate 'PT400' then
        return 'refused';
end;
$$;
select results_eq(
    $$ select pg_temp.given(v.direction, v.url)
       from (values
           (1, 'download', 'https://fw.greenway.example/img/a/fw.bin'),
           (2, 'download', 'https://FW.greenway.example:443/img/{ticket}/fw.bin?v=1'),
           (3, 'download', 'https://vendor.example/fw.bin'),
           (4, 'download', 'https://vendor.example/{ticket}/fw.bin'),
           (5, 'upload', 'ftp://logs.greenway.example/in/'),
           (6, 'upload', 'ftp://me:secret@logs.greenway.example:21/in/cp7'),
           (7, 'upload', 'ftp://logs.greenway.example/in/{ticket}/x/')
       ) as v (no, direction, url)
       order by v.no $$,
    array[
        'https://fw.greenway.example/img/a/<T>/fw.bin',
        'https://fw.greenway.example/img/<T>/fw.bin?v=1',
        'https://vendor.example/fw.bin',
        'https://vendor.example/<T>/fw.bin',
        'ftp://logs.greenway.example/in/<T>/',
        'ftp://me:secret@logs.greenway.example/in/cp7/<T>',
        'ftp://logs.greenway.example/in/<T>/x/'
    ],
    'the ticket stands where it is asked for, before the file name, or last'
);
select is_empty(
    $$ select v.url
       from (values
           ('download', 'https://fw.greenway.example/imgs/fw.bin'),
           ('download', 'https://fw.greenway.example/img'),
           ('download', 'https://fw.greenway.example/IMG/fw.bin'),
           ('download', 'https://fw.greenway.example:8443/img/fw.bin'),
           ('download', 'http://fw.greenway.example/img/fw.bin'),
           ('download', 'https://fw.greenway.example.evil.example/img/fw.bin'),
           ('download', 'https://evil-fw.greenway.example/img/fw.bin'),
           ('download', 'https://fw.bluecharge.example/fw.bin'),
           ('download', 'https://old.example/fw.bin'),
           ('download', 'ftp://logs.greenway.example/in/fw.bin'),
           ('upload', 'https://fw.greenway.example/img/'),
           ('download', 'https://fw.greenway.example/img/{ticket}/{ticket}'),
           ('download', 'https://{ticket}.greenway.example/img/x'),
           ('download', 'https://fw.greenway.example/img/vt_{ticket}'),
           ('download', 'https://fw.greenway.example/img/' || repeat('x', 470)),
           ('download', '')
       ) as v (direction, url)
       where pg_temp.given(v.direction, v.url) <> 'refused' $$,
    'another host, port, scheme, path, tenant or direction is refused, and what is switched off'
);
select is(
    pg_temp.given('upload', null), null::text, 'without an address there is nothing to prepare'
);
select isnt(
    fleet.prepare_location(101, 'upload', 'ftp://logs.greenway.example/in/'),
    fleet.prepare_location(101, 'upload', 'ftp://logs.greenway.example/in/'),
    'no two addresses are alike'
);
select * from finish();
rollback;
