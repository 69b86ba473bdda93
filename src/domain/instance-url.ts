/** The base URL of one instance of a target. */
export interface InstanceUrl {
  readonly secure: boolean;
  /** Without brackets for IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** What belongs into a Host header: with brackets, without a default port. */
  readonly authority: string;
  /** '' or a path that begins with a slash and does not end with one. */
  readonly basePath: string;
  /** One of the addresses that DNS gave for `hostname`; absent, the system looks the name up for each connection. */
  readonly address?: string;
}

/** Which of a target's instances this is, as logs, metrics and `status` name it. Never shown to a caller. */
export function instanceName({ secure, authority, basePath, address }: InstanceUrl): string {
  const url = `${secure ? 'https' : 'http'}://${authority}${basePath}`;
  return address === undefined ? url : `${url} at ${address}`;
}

/** What is said of a text that is no URL at all; the other reasons speak of a part of one. */
export const notAnInstanceUrl = 'is not a URL such as http://127.0.0.1:3000';

/** The reason, where it is no base URL of an instance; it repeats nothing of the text, which may hold a password. */
export function parseInstanceUrl(written: string): InstanceUrl | string {
  // The URL parser forgives what would be a typing error here: `http:/x`, blanks, line breaks.
  if (!/^https?:\/\/[^\s\\]+$/i.test(written) || !URL.canParse(written)) return notAnInstanceUrl;
  const url = new URL(written);
  if (url.username !== '' || url.password !== '') return 'takes no user name and no password';
  if (/[?#]/.test(written)) return 'takes no query and no fragment';
  const secure = url.protocol === 'https:';
  return {
    secure,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    authority: url.host,
    basePath: url.pathname.replace(/\/+$/, ''),
  };
}
