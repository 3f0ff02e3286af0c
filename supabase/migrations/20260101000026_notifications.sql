-- Generated from db/migrations/0026-notifications.sql by `make supabase`. Change the source, not this file.

set role voltaro_owner;

-- Messages to people: what there is to say, in which words, to whom and through what.
-- depends: 0025-meter-sync

create table core.notification_kinds (
    kind text not null,
    audience text not null,
    event_types text[],
    is_on_by_default boolean not null,
    is_mandatory boolean not null,
    placeholders text[] not null,
    description text not null,
    constraint notification_kinds_pkey primary key (kind),
    constraint notification_kinds_kind_check check (kind ~ '^[a-z_]{1,50}$'),
    constraint notification_kinds_audience_check
    check (
        audience in ('account', 'driver', 'customer', 'operator')
        and (audience = 'account') = (event_types is null)
    )
);
alter table core.notification_kinds enable row level security;
comment on table core.notification_kinds is
    'What people are told: by which events, and whether they may switch it off. The audience is '
    'who charged (driver), who pays (customer, with a login or not), staff (operator), or whoever '
    'signs in (account: no event, it is sent by the function that was called).';

insert into core.notification_kinds (
    kind, audience, event_types, is_on_by_default, is_mandatory, placeholders, description
) values
    (
        'invitation', 'account', null, true, true,
        '{tenant,name,link,token,expires_at}',
        'Somebody was invited and chooses a password.'
    ),
    (
        'membership', 'account', null, true, true,
        '{tenant,name,link}',
        'Somebody with a password was added to another tenant.'
    ),
    (
        'email_verification', 'account', null, true, true,
        '{tenant,name,link,token,expires_at}',
        'An address is to be confirmed.'
    ),
    (
        'account_exists', 'account', null, true, true,
        '{tenant,name,link}',
        'Somebody signed up with an address that has an account.'
    ),
    (
        'password_reset', 'account', null, true, true,
        '{tenant,name,link,token,expires_at}',
        'A password was forgotten.'
    ),
    (
        'session_started', 'driver', '{session.started}', false, false,
        '{tenant,name,started_at,evse,site}',
        'A session of yours began.'
    ),
    (
        'session_ended', 'driver', '{transaction.priced}', true, false,
        '{tenant,name,started_at,ended_at,evse,site,energy,total}',
        'A session of yours is over, with what it costs.'
    ),
    (
        'session_stopped', 'driver', '{session.ended}', true, false,
        '{tenant,name,ended_at,evse,site,energy,cause}',
        'Charging stopped although nobody asked for it.'
    ),
    (
        'invoice_issued', 'customer', '{invoice.finalised}', true, true,
        '{tenant,name,number,issued_on,due_on,total}',
        'An invoice of yours, with its PDF.'
    ),
    (
        'credit_note_issued', 'customer', '{invoice.finalised}', true, true,
        '{tenant,name,number,issued_on,credited,total}',
        'A credit note of yours, with its PDF.'
    ),
    (
        'payment_upcoming', 'customer', '{payment.upcoming}', true, true,
        '{tenant,name,number,total,collect_on,mandate,creditor_id,iban}',
        'Notice before a direct debit.'
    ),
    (
        'payment_failed', 'customer', '{payment.failed,payment.returned}', true, true,
        '{tenant,name,number,total,cause}',
        'A payment failed or was returned.'
    ),
    (
        'invoice_overdue', 'customer', '{invoice.overdue}', true, true,
        '{tenant,name,number,open,fee,due_on,level}',
        'An invoice is overdue.'
    ),
    (
        'wallet_low', 'customer', '{wallet.low}', true, false,
        '{tenant,name,balance,account}',
        'The balance of your wallet is low.'
    ),
    (
        'charge_point_offline', 'operator', '{charge_point.offline}', false, false,
        '{tenant,name,charge_point,site,since}',
        'A charge point is offline.'
    ),
    (
        'connector_faulted', 'operator', '{connector.faulted}', false, false,
        '{tenant,name,charge_point,site,connector,cause,since}',
        'A connector reports a fault.'
    ),
    (
        'security_event', 'operator', '{security.event}', true, false,
        '{tenant,name,charge_point,site,type,since}',
        'A charge point reports a security event.'
    ),
    (
        'job_failed', 'operator', '{job.failed}', true, false,
        '{tenant,name,job,cause,since}',
        'A job failed.'
    ),
    (
        'delivery_failed', 'operator', '{outbox.dead,webhook.disabled}', true, false,
        '{tenant,name,kind,cause,since}',
        'Something could not be delivered outside and waits for a person.'
    ),
    (
        'session_held', 'operator', '{transaction.held}', true, false,
        '{tenant,name,charge_point,site,transaction,reasons}',
        'A session is held from billing.'
    );
create table core.default_notification_templates (
    kind text not null,
    language text not null,
    subject text not null,
    body text not null,
    constraint default_notification_templates_pkey primary key (kind, language),
    constraint default_notification_templates_kind_fkey
    foreign key (kind) references core.notification_kinds (kind)
);
alter table core.default_notification_templates enable row level security;
comment on table core.default_notification_templates is
    'The words of messages where a tenant has none of its own; the subject alone goes out as SMS '
    'or chat.';

insert into core.default_notification_templates (kind, language, subject, body) values
    (
        'invitation', 'en',
        'You are invited to ${tenant}',
        e'Hello ${name},\n\n'
        '${tenant} has made an account for you. Choose a password here:\n'
        '${link}\n\n'
        'The link works until ${expires_at}.'
    ),
    (
        'membership', 'en',
        'You may now work with ${tenant}',
        e'Hello ${name},\n\n'
        'your account can now be used with ${tenant} as well. Sign in as usual:\n'
        '${link}'
    ),
    (
        'email_verification', 'en',
        'Please confirm your e-mail address',
        e'Hello ${name},\n\n'
        'please confirm that this address is yours:\n'
        '${link}\n\n'
        'The link works until ${expires_at}. If you did not sign up, do nothing.'
    ),
    (
        'account_exists', 'en',
        'You already have an account',
        e'Hello ${name},\n\n'
        'somebody, probably you, tried to sign up with this address. You already have an '
        'account; sign in here, or ask for a new password there:\n'
        '${link}'
    ),
    (
        'password_reset', 'en',
        'Your new password',
        e'Hello ${name},\n\n'
        'choose a new password here:\n'
        '${link}\n\n'
        'The link works until ${expires_at}. If you did not ask for it, do nothing.'
    ),
    (
        'session_started', 'en',
        'Charging has begun at ${site}',
        e'Hello ${name},\n\n'
        'charging began on ${started_at} at ${evse}, ${site}.'
    ),
    (
        'session_ended', 'en',
        'Charged ${energy} for ${total}',
        e'Hello ${name},\n\n'
        'your session at ${evse}, ${site} is over.\n\n'
        'Start: ${started_at}\n'
        'End: ${ended_at}\n'
        'Energy: ${energy}\n'
        'Price with VAT: ${total}'
    ),
    (
        'session_stopped', 'en',
        'Charging has stopped at ${site}',
        e'Hello ${name},\n\n'
        'charging at ${evse}, ${site} stopped on ${ended_at} without anybody asking for it '
        '(${cause}). Until then ${energy} were charged. Please look after your vehicle.'
    ),
    (
        'invoice_issued', 'en',
        'Your invoice ${number}',
        e'Hello ${name},\n\n'
        'invoice ${number} of ${issued_on} over ${total} is attached. It is due on ${due_on}.'
    ),
    (
        'credit_note_issued', 'en',
        'Your credit note ${number}',
        e'Hello ${name},\n\n'
        'credit note ${number} of ${issued_on} over ${total} for invoice ${credited} is '
        'attached.'
    ),
    (
        'payment_upcoming', 'en',
        'We will collect ${total} on ${collect_on}',
        e'Hello ${name},\n\n'
        'for invoice ${number} we will collect ${total} on ${collect_on} from your account '
        '${iban}.\n\n'
        'Creditor identifier: ${creditor_id}\n'
        'Mandate reference: ${mandate}\n\n'
        'Please see that the amount is there.'
    ),
    (
        'payment_failed', 'en',
        'A payment of ${total} failed',
        e'Hello ${name},\n\n'
        'the payment of ${total} for ${number} did not work: ${cause}. Please pay in another '
        'way.'
    ),
    (
        'invoice_overdue', 'en',
        'Reminder ${level}: invoice ${number}',
        e'Hello ${name},\n\n'
        '${open} of invoice ${number} are open. With this reminder comes a fee of ${fee}. '
        'Please pay by ${due_on}.'
    ),
    (
        'wallet_low', 'en',
        'Your balance is ${balance}',
        e'Hello ${name},\n\n'
        'the balance of your account ${account} is ${balance}. Top it up to go on charging.'
    ),
    (
        'charge_point_offline', 'en',
        '${charge_point} is offline',
        '${charge_point} at ${site} has been offline since ${since}.'
    ),
    (
        'connector_faulted', 'en',
        '${charge_point} reports a fault',
        'Connector ${connector} of ${charge_point} at ${site} has been faulted since '
        '${since}: ${cause}.'
    ),
    (
        'security_event', 'en',
        '${charge_point}: ${type}',
        '${charge_point} at ${site} reported the security event ${type} on ${since}.'
    ),
    (
        'job_failed', 'en',
        'The job ${job} failed',
        'The job ${job} failed on ${since}: ${cause}'
    ),
    (
        'delivery_failed', 'en',
        '${kind} could not be delivered',
        e'Something of the kind ${kind} could not be delivered (${since}): ${cause}\n'
        'It waits to be tried again.'
    ),
    (
        'session_held', 'en',
        'A session at ${charge_point} is held',
        'Transaction ${transaction} at ${charge_point}, ${site} is held from billing: '
        '${reasons}.'
    ),
    (
        'invitation', 'de',
        'Einladung zu ${tenant}',
        e'Guten Tag ${name},\n\n'
        '${tenant} hat ein Konto für Sie angelegt. Wählen Sie hier ein Passwort:\n'
        '${link}\n\n'
        'Der Link gilt bis ${expires_at}.'
    ),
    (
        'membership', 'de',
        'Sie können jetzt mit ${tenant} arbeiten',
        e'Guten Tag ${name},\n\n'
        'Ihr Konto gilt nun auch bei ${tenant}. Melden Sie sich wie gewohnt an:\n'
        '${link}'
    ),
    (
        'email_verification', 'de',
        'Bitte bestätigen Sie Ihre E-Mail-Adresse',
        e'Guten Tag ${name},\n\n'
        'bitte bestätigen Sie, dass diese Adresse Ihnen gehört:\n'
        '${link}\n\n'
        'Der Link gilt bis ${expires_at}. Wenn Sie sich nicht angemeldet haben, brauchen Sie '
        'nichts zu tun.'
    ),
    (
        'account_exists', 'de',
        'Sie haben bereits ein Konto',
        e'Guten Tag ${name},\n\n'
        'jemand, vermutlich Sie, wollte sich mit dieser Adresse anmelden. Sie haben bereits '
        'ein Konto; melden Sie sich hier an oder fordern Sie dort ein neues Passwort an:\n'
        '${link}'
    ),
    (
        'password_reset', 'de',
        'Ihr neues Passwort',
        e'Guten Tag ${name},\n\n'
        'wählen Sie hier ein neues Passwort:\n'
        '${link}\n\n'
        'Der Link gilt bis ${expires_at}. Wenn Sie ihn nicht angefordert haben, brauchen Sie '
        'nichts zu tun.'
    ),
    (
        'session_started', 'de',
        'Ladevorgang an ${site} begonnen',
        e'Guten Tag ${name},\n\n'
        'der Ladevorgang hat am ${started_at} an ${evse}, ${site} begonnen.'
    ),
    (
        'session_ended', 'de',
        '${energy} für ${total} geladen',
        e'Guten Tag ${name},\n\n'
        'Ihr Ladevorgang an ${evse}, ${site} ist beendet.\n\n'
        'Beginn: ${started_at}\n'
        'Ende: ${ended_at}\n'
        'Energie: ${energy}\n'
        'Preis mit USt.: ${total}'
    ),
    (
        'session_stopped', 'de',
        'Ladevorgang an ${site} abgebrochen',
        e'Guten Tag ${name},\n\n'
        'der Ladevorgang an ${evse}, ${site} endete am ${ended_at}, ohne dass ihn jemand '
        'beendet hat (${cause}). Bis dahin wurden ${energy} geladen. Bitte sehen Sie nach '
        'Ihrem Fahrzeug.'
    ),
    (
        'invoice_issued', 'de',
        'Ihre Rechnung ${number}',
        e'Guten Tag ${name},\n\n'
        'anbei die Rechnung ${number} vom ${issued_on} über ${total}, fällig am ${due_on}.'
    ),
    (
        'credit_note_issued', 'de',
        'Ihre Gutschrift ${number}',
        e'Guten Tag ${name},\n\n'
        'anbei die Gutschrift ${number} vom ${issued_on} über ${total} zur Rechnung '
        '${credited}.'
    ),
    (
        'payment_upcoming', 'de',
        'Wir ziehen ${total} am ${collect_on} ein',
        e'Guten Tag ${name},\n\n'
        'zur Rechnung ${number} ziehen wir am ${collect_on} den Betrag von ${total} von '
        'Ihrem Konto ${iban} ein.\n\n'
        'Gläubiger-Identifikationsnummer: ${creditor_id}\n'
        'Mandatsreferenz: ${mandate}\n\n'
        'Bitte sorgen Sie für Deckung.'
    ),
    (
        'payment_failed', 'de',
        'Zahlung über ${total} fehlgeschlagen',
        e'Guten Tag ${name},\n\n'
        'die Zahlung über ${total} zu ${number} ist fehlgeschlagen: ${cause}. Bitte zahlen '
        'Sie auf anderem Weg.'
    ),
    (
        'invoice_overdue', 'de',
        'Mahnung ${level}: Rechnung ${number}',
        e'Guten Tag ${name},\n\n'
        'zur Rechnung ${number} sind noch ${open} offen. Für diese Mahnung berechnen wir '
        '${fee}. Bitte zahlen Sie bis ${due_on}.'
    ),
    (
        'wallet_low', 'de',
        'Ihr Guthaben beträgt ${balance}',
        e'Guten Tag ${name},\n\n'
        'das Guthaben Ihres Kontos ${account} beträgt ${balance}. Laden Sie es auf, um '
        'weiter laden zu können.'
    ),
    (
        'charge_point_offline', 'de',
        '${charge_point} ist offline',
        '${charge_point} an ${site} ist seit ${since} offline.'
    ),
    (
        'connector_faulted', 'de',
        '${charge_point} meldet eine Störung',
        'Anschluss ${connector} von ${charge_point} an ${site} ist seit ${since} gestört: '
        '${cause}.'
    ),
    (
        'security_event', 'de',
        '${charge_point}: ${type}',
        '${charge_point} an ${site} meldete am ${since} das Sicherheitsereignis ${type}.'
    ),
    (
        'job_failed', 'de',
        'Der Job ${job} ist fehlgeschlagen',
        'Der Job ${job} ist am ${since} fehlgeschlagen: ${cause}'
    ),
    (
        'delivery_failed', 'de',
        '${kind} nicht zugestellt',
        e'Etwas der Art ${kind} konnte nicht zugestellt werden (${since}): ${cause}\n'
        'Es wartet auf einen neuen Versuch.'
    ),
    (
        'session_held', 'de',
        'Ein Ladevorgang an ${charge_point} wird zurückgehalten',
        'Die Transaktion ${transaction} an ${charge_point}, ${site} wird nicht abgerechnet: '
        '${reasons}.'
    ),
    (
        'invitation', 'fr',
        'Invitation de ${tenant}',
        e'Bonjour ${name},\n\n'
        '${tenant} vous a créé un compte. Choisissez un mot de passe ici :\n'
        '${link}\n\n'
        'Le lien est valable jusqu’au ${expires_at}.'
    ),
    (
        'membership', 'fr',
        'Vous avez accès à ${tenant}',
        e'Bonjour ${name},\n\n'
        'votre compte est désormais valable aussi chez ${tenant}. Connectez-vous comme '
        'd’habitude :\n'
        '${link}'
    ),
    (
        'email_verification', 'fr',
        'Veuillez confirmer votre adresse e-mail',
        e'Bonjour ${name},\n\n'
        'veuillez confirmer que cette adresse est la vôtre :\n'
        '${link}\n\n'
        'Le lien est valable jusqu’au ${expires_at}. Si vous ne vous êtes pas inscrit, ne '
        'faites rien.'
    ),
    (
        'account_exists', 'fr',
        'Vous avez déjà un compte',
        e'Bonjour ${name},\n\n'
        'quelqu’un, sans doute vous, a voulu s’inscrire avec cette adresse. Vous avez déjà '
        'un compte ; connectez-vous ici ou demandez-y un nouveau mot de passe :\n'
        '${link}'
    ),
    (
        'password_reset', 'fr',
        'Votre nouveau mot de passe',
        e'Bonjour ${name},\n\n'
        'choisissez un nouveau mot de passe ici :\n'
        '${link}\n\n'
        'Le lien est valable jusqu’au ${expires_at}. Si vous n’avez rien demandé, ne faites '
        'rien.'
    ),
    (
        'session_started', 'fr',
        'La recharge a commencé à ${site}',
        e'Bonjour ${name},\n\n'
        'la recharge a commencé le ${started_at} à ${evse}, ${site}.'
    ),
    (
        'session_ended', 'fr',
        '${energy} rechargés pour ${total}',
        e'Bonjour ${name},\n\n'
        'votre recharge à ${evse}, ${site} est terminée.\n\n'
        'Début : ${started_at}\n'
        'Fin : ${ended_at}\n'
        'Énergie : ${energy}\n'
        'Prix TTC : ${total}'
    ),
    (
        'session_stopped', 'fr',
        'La recharge s’est arrêtée à ${site}',
        e'Bonjour ${name},\n\n'
        'la recharge à ${evse}, ${site} s’est arrêtée le ${ended_at} sans que personne ne '
        'l’ait demandé (${cause}). ${energy} ont été rechargés jusque-là. Veuillez vérifier '
        'votre véhicule.'
    ),
    (
        'invoice_issued', 'fr',
        'Votre facture ${number}',
        e'Bonjour ${name},\n\n'
        'vous trouverez ci-joint la facture ${number} du ${issued_on}, d’un montant de '
        '${total}, à régler avant le ${due_on}.'
    ),
    (
        'credit_note_issued', 'fr',
        'Votre avoir ${number}',
        e'Bonjour ${name},\n\n'
        'vous trouverez ci-joint l’avoir ${number} du ${issued_on}, d’un montant de '
        '${total}, sur la facture ${credited}.'
    ),
    (
        'payment_upcoming', 'fr',
        'Prélèvement de ${total} le ${collect_on}',
        e'Bonjour ${name},\n\n'
        'pour la facture ${number}, nous prélèverons ${total} le ${collect_on} sur votre '
        'compte ${iban}.\n\n'
        'Identifiant créancier SEPA : ${creditor_id}\n'
        'Référence du mandat : ${mandate}\n\n'
        'Veuillez approvisionner votre compte.'
    ),
    (
        'payment_failed', 'fr',
        'Le paiement de ${total} a échoué',
        e'Bonjour ${name},\n\n'
        'le paiement de ${total} pour ${number} a échoué : ${cause}. Veuillez payer d’une '
        'autre manière.'
    ),
    (
        'invoice_overdue', 'fr',
        'Rappel ${level} : facture ${number}',
        e'Bonjour ${name},\n\n'
        '${open} restent dus sur la facture ${number}. Ce rappel entraîne des frais de '
        '${fee}. Veuillez payer avant le ${due_on}.'
    ),
    (
        'wallet_low', 'fr',
        'Votre solde est de ${balance}',
        e'Bonjour ${name},\n\n'
        'le solde de votre compte ${account} est de ${balance}. Rechargez-le pour continuer.'
    ),
    (
        'charge_point_offline', 'fr',
        '${charge_point} est hors ligne',
        '${charge_point} à ${site} est hors ligne depuis le ${since}.'
    ),
    (
        'connector_faulted', 'fr',
        '${charge_point} signale une panne',
        'Le connecteur ${connector} de ${charge_point} à ${site} est en panne depuis le '
        '${since} : ${cause}.'
    ),
    (
        'security_event', 'fr',
        '${charge_point} : ${type}',
        '${charge_point} à ${site} a signalé l’événement de sécurité ${type} le ${since}.'
    ),
    (
        'job_failed', 'fr',
        'La tâche ${job} a échoué',
        'La tâche ${job} a échoué le ${since} : ${cause}'
    ),
    (
        'delivery_failed', 'fr',
        '${kind} n’a pas pu être remis',
        e'Un envoi du type ${kind} n’a pas pu être remis (${since}) : ${cause}\n'
        'Il attend un nouvel essai.'
    ),
    (
        'session_held', 'fr',
        'Une recharge à ${charge_point} est retenue',
        'La transaction ${transaction} à ${charge_point}, ${site} n’est pas facturée : '
        '${reasons}.'
    ),
    (
        'invitation', 'nl',
        'Uitnodiging van ${tenant}',
        e'Hallo ${name},\n\n'
        '${tenant} heeft een account voor u gemaakt. Kies hier een wachtwoord:\n'
        '${link}\n\n'
        'De link werkt tot ${expires_at}.'
    ),
    (
        'membership', 'nl',
        'U kunt nu met ${tenant} werken',
        e'Hallo ${name},\n\n'
        'uw account geldt nu ook bij ${tenant}. Meld u aan zoals altijd:\n'
        '${link}'
    ),
    (
        'email_verification', 'nl',
        'Bevestig uw e-mailadres',
        e'Hallo ${name},\n\n'
        'bevestig dat dit adres van u is:\n'
        '${link}\n\n'
        'De link werkt tot ${expires_at}. Hebt u zich niet aangemeld, dan hoeft u niets te '
        'doen.'
    ),
    (
        'account_exists', 'nl',
        'U hebt al een account',
        e'Hallo ${name},\n\n'
        'iemand, waarschijnlijk u, wilde zich met dit adres aanmelden. U hebt al een '
        'account; meld u hier aan of vraag daar een nieuw wachtwoord:\n'
        '${link}'
    ),
    (
        'password_reset', 'nl',
        'Uw nieuwe wachtwoord',
        e'Hallo ${name},\n\n'
        'kies hier een nieuw wachtwoord:\n'
        '${link}\n\n'
        'De link werkt tot ${expires_at}. Hebt u er niet om gevraagd, dan hoeft u niets te '
        'doen.'
    ),
    (
        'session_started', 'nl',
        'Het laden is begonnen bij ${site}',
        e'Hallo ${name},\n\n'
        'het laden begon op ${started_at} bij ${evse}, ${site}.'
    ),
    (
        'session_ended', 'nl',
        '${energy} geladen voor ${total}',
        e'Hallo ${name},\n\n'
        'uw laadsessie bij ${evse}, ${site} is klaar.\n\n'
        'Begin: ${started_at}\n'
        'Einde: ${ended_at}\n'
        'Energie: ${energy}\n'
        'Prijs incl. btw: ${total}'
    ),
    (
        'session_stopped', 'nl',
        'Het laden is gestopt bij ${site}',
        e'Hallo ${name},\n\n'
        'het laden bij ${evse}, ${site} stopte op ${ended_at} zonder dat iemand daarom vroeg '
        '(${cause}). Tot dan is ${energy} geladen. Kijk even naar uw voertuig.'
    ),
    (
        'invoice_issued', 'nl',
        'Uw factuur ${number}',
        e'Hallo ${name},\n\n'
        'bijgaand factuur ${number} van ${issued_on} over ${total}, te betalen voor '
        '${due_on}.'
    ),
    (
        'credit_note_issued', 'nl',
        'Uw creditnota ${number}',
        e'Hallo ${name},\n\n'
        'bijgaand creditnota ${number} van ${issued_on} over ${total} bij factuur '
        '${credited}.'
    ),
    (
        'payment_upcoming', 'nl',
        'Wij incasseren ${total} op ${collect_on}',
        e'Hallo ${name},\n\n'
        'voor factuur ${number} incasseren wij op ${collect_on} ${total} van uw rekening '
        '${iban}.\n\n'
        'Incassant-ID: ${creditor_id}\n'
        'Machtigingskenmerk: ${mandate}\n\n'
        'Zorg dat het bedrag beschikbaar is.'
    ),
    (
        'payment_failed', 'nl',
        'Betaling van ${total} mislukt',
        e'Hallo ${name},\n\n'
        'de betaling van ${total} voor ${number} is mislukt: ${cause}. Betaal op een andere '
        'manier.'
    ),
    (
        'invoice_overdue', 'nl',
        'Herinnering ${level}: factuur ${number}',
        e'Hallo ${name},\n\n'
        'van factuur ${number} staat nog ${open} open. Voor deze herinnering rekenen wij '
        '${fee}. Betaal voor ${due_on}.'
    ),
    (
        'wallet_low', 'nl',
        'Uw saldo is ${balance}',
        e'Hallo ${name},\n\n'
        'het saldo van uw account ${account} is ${balance}. Waardeer het op om verder te '
        'laden.'
    ),
    (
        'charge_point_offline', 'nl',
        '${charge_point} is offline',
        '${charge_point} bij ${site} is offline sinds ${since}.'
    ),
    (
        'connector_faulted', 'nl',
        '${charge_point} meldt een storing',
        'Connector ${connector} van ${charge_point} bij ${site} heeft sinds ${since} een '
        'storing: ${cause}.'
    ),
    (
        'security_event', 'nl',
        '${charge_point}: ${type}',
        '${charge_point} bij ${site} meldde op ${since} de beveiligingsgebeurtenis ${type}.'
    ),
    (
        'job_failed', 'nl',
        'De taak ${job} is mislukt',
        'De taak ${job} is mislukt op ${since}: ${cause}'
    ),
    (
        'delivery_failed', 'nl',
        '${kind} niet afgeleverd',
        e'Iets van het soort ${kind} kon niet worden afgeleverd (${since}): ${cause}\n'
        'Het wacht op een nieuwe poging.'
    ),
    (
        'session_held', 'nl',
        'Een sessie bij ${charge_point} wordt vastgehouden',
        'Transactie ${transaction} bij ${charge_point}, ${site} wordt niet gefactureerd: '
        '${reasons}.'
    );
create table core.notification_templates (
    tenant_id bigint not null,
    kind text not null,
    language text not null,
    subject text not null,
    body text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint notification_templates_pkey primary key (tenant_id, kind, language),
    constraint notification_templates_tenant_id_fkey
    foreign key (tenant_id) references core.tenants (id),
    constraint notification_templates_kind_fkey
    foreign key (kind) references core.notification_kinds (kind),
    constraint notification_templates_language_check check (language ~ '^[a-z]{2}$'),
    -- One line: a line break in a subject would begin another header.
    constraint notification_templates_subject_check
    check (length(btrim(subject)) between 1 and 200 and subject !~ '[[:cntrl:]]'),
    constraint notification_templates_body_check check (length(btrim(body)) between 1 and 10000)
);
create index notification_templates_kind_idx on core.notification_templates (kind);
alter table core.notification_templates enable row level security;
comment on table core.notification_templates is
    'A tenant''s own words for a message, by language: text with placeholders like ${number}.';

create table core.notification_preferences (
    tenant_id bigint not null,
    user_id uuid not null,
    kind text not null,
    channel text not null,
    is_enabled boolean not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint notification_preferences_pkey primary key (tenant_id, user_id, kind, channel),
    constraint notification_preferences_membership_fkey
    foreign key (tenant_id, user_id)
    references core.memberships (tenant_id, user_id) on delete cascade,
    constraint notification_preferences_kind_fkey
    foreign key (kind) references core.notification_kinds (kind),
    constraint notification_preferences_channel_check check (channel in ('email', 'sms'))
);
create index notification_preferences_kind_idx on core.notification_preferences (kind);
alter table core.notification_preferences enable row level security;
comment on table core.notification_preferences is
    'What a person switched on or off; without a row the kind''s default holds (SMS: off).';

create table core.notification_phones (
    tenant_id bigint not null,
    user_id uuid not null,
    phone text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint notification_phones_pkey primary key (tenant_id, user_id, phone),
    constraint notification_phones_membership_fkey
    foreign key (tenant_id, user_id)
    references core.memberships (tenant_id, user_id) on delete cascade,
    -- ITU-T E.164.
    constraint notification_phones_phone_check check (phone ~ '^\+[1-9][0-9]{6,14}$')
);
alter table core.notification_phones enable row level security;
comment on table core.notification_phones is 'Where a person gets SMS; there may be several.';

create table core.notification_channels (
    tenant_id bigint not null,
    id bigint not null generated always as identity,
    name text not null,
    channel text not null,
    kinds text[],
    language text not null default 'en',
    is_enabled boolean not null default true,
    has_url boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint notification_channels_pkey primary key (tenant_id, id),
    constraint notification_channels_tenant_id_name_key unique (tenant_id, name),
    constraint notification_channels_tenant_id_fkey
    foreign key (tenant_id) references core.tenants (id),
    constraint notification_channels_name_check check (length(btrim(name)) between 1 and 100),
    constraint notification_channels_channel_check
    check (channel in ('sms', 'chat') and (channel = 'chat' or kinds is null)),
    constraint notification_channels_kinds_check check (cardinality(kinds) between 1 and 50),
    constraint notification_channels_language_check check (language ~ '^[a-z]{2}$')
);
create unique index notification_channels_sms_key on core.notification_channels (tenant_id)
where channel = 'sms' and is_enabled;
alter table core.notification_channels enable row level security;
comment on table core.notification_channels is
    'The SMS gateway of a tenant, and the chat rooms where operators read what happens (kinds; '
    'null for all that operators are told).';

create table ops.notification_channel_urls (
    tenant_id bigint not null,
    channel_id bigint not null,
    url text not null,
    updated_at timestamptz not null default now(),
    constraint notification_channel_urls_pkey primary key (tenant_id, channel_id),
    constraint notification_channel_urls_channel_fkey
    foreign key (tenant_id, channel_id)
    references core.notification_channels (tenant_id, id) on delete cascade,
    constraint notification_channel_urls_url_check check (length(url) between 5 and 2000)
);
alter table ops.notification_channel_urls enable row level security;
comment on table ops.notification_channel_urls is
    'Addresses of gateways and rooms as Apprise writes them, with their keys: read by no person.';

create table core.notifications (
    tenant_id bigint,
    id bigint not null generated always as identity,
    event_id bigint not null,
    kind text not null,
    user_id uuid,
    customer_id bigint,
    channel_id bigint,
    channel text not null,
    object text,
    outbox_id bigint,
    created_at timestamptz not null default now(),
    constraint notifications_pkey primary key (id),
    -- Told once.
    constraint notifications_event_key
    unique nulls not distinct (event_id, kind, user_id, customer_id, channel_id, channel),
    constraint notifications_tenant_id_fkey foreign key (tenant_id) references core.tenants (id),
    constraint notifications_kind_fkey
    foreign key (kind) references core.notification_kinds (kind),
    constraint notifications_user_id_fkey
    foreign key (user_id) references core.users (id) on delete cascade,
    constraint notifications_channel_id_fkey
    foreign key (tenant_id, channel_id)
    references core.notification_channels (tenant_id, id) on delete cascade,
    constraint notifications_customer_fkey
    foreign key (tenant_id, customer_id)
    references core.customers (tenant_id, id) on delete cascade,
    constraint notifications_channel_check check (channel in ('email', 'sms', 'chat')),
    constraint notifications_who_check
    check (
        (channel = 'chat') = (num_nonnulls(user_id, customer_id) = 0)
        and (channel = 'email') = (channel_id is null)
    )
);
create index notifications_created_at_idx on core.notifications (tenant_id, created_at desc);
-- Rows come in the order of time: a few blocks of this index find what is past its time.
create index notifications_expiry_idx on core.notifications using brin (created_at);
create index notifications_kind_idx on core.notifications (kind, object, created_at);
create index notifications_user_idx on core.notifications (user_id, created_at desc)
where user_id is not null;
create index notifications_customer_idx on core.notifications (tenant_id, customer_id)
where customer_id is not null;
create index notifications_channel_id_idx
on core.notifications (tenant_id, channel_id, created_at desc)
where channel_id is not null;
alter table core.notifications enable row level security;
comment on table core.notifications is
    'Who was told what about which event, once; object is what it is about, so that the same thing '
    'is not told again and again. How the delivery went stands in the outbox.';

create table ops.events_to_tell (
    event_id bigint not null,
    not_before timestamptz not null default now(),
    constraint events_to_tell_pkey primary key (event_id)
);
alter table ops.events_to_tell enable row level security;
comment on table ops.events_to_tell is
    'Events that people may have to be told of, until that is done.';

insert into ops.settings (name, value, description) values
    ('notify.repeat_minutes', '30', 'The same thing about the same object is told again after.'),
    ('notify.max_per_hour', '60', 'Most optional messages of one person an hour.'),
    ('notify.document_wait_minutes', '60', 'So long an invoice''s message waits for its PDF.'),
    ('notify.keep_days', '90', 'How long it is remembered who was told what.');
insert into ops.job_schedules (job, every, description) values
    ('send_notifications', '2 seconds', 'Turn events into messages to people.');
insert into ops.retention_rules (table_name, condition, setting, description) values
    ('core.notifications', 'created_at < $1', 'notify.keep_days', 'Who was told what.');

reset role;
