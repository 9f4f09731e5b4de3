// Parses the mail on stdin and writes what it says as JSON.
import PostalMime from 'postal-mime';
import { readFileSync } from 'node:fs';

const mail = await PostalMime.parse(readFileSync(0));
process.stdout.write(JSON.stringify({
    headers: mail.headers.map(h => [h.key, h.value]), subject: mail.subject ?? null, text: mail.text ?? null, html: mail.html ?? null,
    headerFrom: mail.from ?? null, headerTo: mail.to ?? [], messageId: mail.messageId ?? null, date: mail.date ?? null, attachments: mail.attachments.length,
}));
