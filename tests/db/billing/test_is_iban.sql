-- Check digits and forms of IBANs, creditor identifiers and VAT ids.
begin;
select plan(44);

select tests.act_as_owner();
select ok(billing.is_iban(v.iban), v.iban || ' is an IBAN')
from (values
    ('DE89370400440532013000'), ('NL91ABNA0417164300'), ('GB29NWBK60161331926819'),
    ('FR1420041010050500013M02606'), ('BE68539007547034'), ('AT611904300234573201'),
    ('CH9300762011623852957'), ('NO9386011117947'), ('MT84MALT011000012345MTLCAST001S')
) as v (iban);
select ok(not billing.is_iban(v.iban), coalesce(v.iban, 'null') || ' is none: ' || v.why)
from (values
    ('DE89370400440532013001', 'check digits'), ('DE8937040044053201300', 'too short'),
    ('DE893704004405320130000', 'too long'), ('NL91ABNA0417164301', 'check digits'),
    ('de89370400440532013000', 'small letters'), ('DE89 3704 0044 0532 0130 00', 'spaces'),
    ('XX89370400440532013000', 'no such country'), ('', 'empty'),
    ('DE12', 'nothing behind'), (null, 'null')
) as v (iban, why);

select ok(billing.is_creditor_id('DE98ZZZ09999999999'), 'a creditor identifier');
select ok(
    billing.is_creditor_id('DE98ABC09999999999'), 'its business code is not part of the check'
);
select ok(not billing.is_creditor_id('DE97ZZZ09999999999'), 'wrong check digits');
select ok(not billing.is_creditor_id('DE98ZZZ'), 'nobody''s');

select is(
    billing.check_vat_id(v.given), v.cleaned, format('%s is written %s', v.given, v.cleaned)
)
from (values
    ('de 123 456 789', 'DE123456789'), ('NL123456789B01', 'NL123456789B01'),
    ('EL123456789', 'EL123456789'), ('BE 0123.456.789', 'BE0123456789'),
    ('FRXX123456789', 'FRXX123456789'), ('ATU12345678', 'ATU12345678'),
    ('CHE-123.456.789', 'CHE123456789'), ('XIGD123', 'XIGD123'), ('US12345', 'US12345'),
    ('  ', null)
) as v (given, cleaned);
select throws_ok(
    format('select billing.check_vat_id(%L)', v.vat_id), 'PT400', null, v.vat_id || ' is refused'
)
from (values
    ('DE12345678'), ('NL123456789'), ('GR123456789'), ('ZZ123'), ('ATX12345678'), ('12345'),
    ('DE123456789; drop'), ('BE2123456789'), ('FRIO123456789'), ('DE'), ('EL')
) as v (vat_id);

select tests.reset();
select * from finish();
rollback;
