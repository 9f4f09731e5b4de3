// A real SMTP server for the tests: STARTTLS and AUTH LOGIN, told what to do line by line on stdin, telling what happened line by
// line on stdout. node server.mjs '{"port":0,"key":"…pem","cert":"…pem","user":"u","password":"p","tls":true}'
import { SMTPServer } from 'smtp-server';
import PostalMime from 'postal-mime';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const options = JSON.parse(process.argv[2]);
const tell = what => process.stdout.write(JSON.stringify(what) + '\n');

// What is out of the ordinary just now. Counts go down as they are used.
let mood = {};
const use = name => mood[name] > 0 && mood[name]--;
const cutAll = () => { for (const connection of server.connections) connection._socket.destroy(); };
const answer = (code, text) => Object.assign(new Error(text), { responseCode: code });

const server = new SMTPServer({
    secure: false,
    key: readFileSync(options.key),
    cert: readFileSync(options.cert),
    hideSTARTTLS: options.tls === false,
    disabledCommands: options.tls === false ? ['STARTTLS'] : [],
    allowInsecureAuth: options.tls === false,
    authMethods: ['LOGIN'],
    authOptional: !options.user,
    logger: false,
    closeTimeout: 100,
    onConnect(session, done) { tell({ event: 'connect' }); done(); },
    onAuth(auth, session, done) {
        tell({ event: 'auth', user: auth.username, secure: session.secure });
        done(auth.username === options.user && auth.password === options.password ? null : answer(535, '5.7.8 no'), { user: auth.username });
    },
    onMailFrom(address, session, done) {
        if (use('stall')) return;
        if (use('refuseSender')) return done(answer(mood.senderCode ?? 550, '5.7.1 not your address'));
        done();
    },
    onRcptTo(address, session, done) {
        tell({ event: 'rcpt', to: address.address });
        if (use('cutAtRecipient')) return cutAll();
        if ((mood.refuse ?? []).includes(address.address)) return done(answer(550, '5.1.1 nobody here'));
        if (use('deferRecipient')) return done(answer(451, '4.2.0 greylisted'));
        done();
    },
    onData(stream, session, done) {
        const chunks = [];
        stream.on('data', chunk => {
            chunks.push(chunk);
            if (use('cutInsideData')) cutAll();
        });
        stream.on('end', async () => {
            const raw = Buffer.concat(chunks);
            const mail = await PostalMime.parse(raw);
            tell({
                event: 'mail', secure: session.secure, user: session.user ?? null, raw: raw.toString('latin1'),
                from: session.envelope.mailFrom.address, to: session.envelope.rcptTo.map(r => r.address),
                headers: mail.headers.map(h => [h.key, h.value]), subject: mail.subject ?? null, text: mail.text ?? null, html: mail.html ?? null,
                headerFrom: mail.from ?? null, headerTo: mail.to ?? [], messageId: mail.messageId ?? null, date: mail.date ?? null, attachments: mail.attachments.length,
            });
            if (use('cutBeforeAnswer')) return cutAll();
            if (use('holdAnswer')) return;
            if (use('slowAnswer')) return void setTimeout(done, 1500);
            if (use('deferData')) return done(answer(451, '4.3.0 try later'));
            if (use('refuseData')) return done(answer(554, '5.7.1 spam'));
            done();
        });
    },
});
server.on('error', () => { });
server.listen(options.port ?? 0, '127.0.0.1', () => tell({ event: 'listening', port: server.server.address().port }));

createInterface({ input: process.stdin }).on('line', line => {
    const said = JSON.parse(line);
    // Everything told before this has been told by now.
    if (said.ping) return tell({ event: 'pong' });
    mood = said;
    tell({ event: 'mood' });
}).on('close', () => process.exit(0));
