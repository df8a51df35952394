/** GitHub's opaque global id: anything stable and unique will do. */
export const nodeId = (kind: string, id: number | string): string => Buffer.from(`${kind}:${id}`).toString('base64url');
