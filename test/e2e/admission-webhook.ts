import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';

/** What a webhook says of an object. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly message: string };

export interface AdmissionWebhook {
  /** For `clientConfig` of a webhook configuration. */
  readonly clientConfig: { readonly url: string; readonly caBundle: string };
  close(): Promise<void>;
}

/** An HTTPS server on 127.0.0.1 that answers AdmissionReviews of v1, with a certificate of its own. */
export async function startAdmissionWebhook(
  judge: (request: JsonObject) => Promise<Verdict>,
): Promise<AdmissionWebhook> {
  const { key, cert } = selfSigned();
  const server = createServer({ key, cert }, async (incoming, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as JsonObject;
    const request = isJsonObject(review.request) ? review.request : {};
    const verdict = await judge(request);
    const status = verdict.allowed ? {} : { status: { message: verdict.message, code: 403 } };
    answer.setHeader('content-type', 'application/json');
    answer.end(
      JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: request.uid, allowed: verdict.allowed, ...status },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(cert).toString('base64') },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Node makes keys but no certificates. */
function selfSigned(): { readonly key: string; readonly cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'pw-webhook-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...curve, '-days', '2', ...subject, '-keyout', key, '-out', cert], {
      stdio: 'pipe',
    });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
