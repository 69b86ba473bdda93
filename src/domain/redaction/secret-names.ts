/** Names that hold any of these, written in whatever case, with or without dashes. */
const telling = [
  'password',
  'passwd',
  'passphrase',
  'passcode',
  'secret',
  'token',
  'apikey',
  'accesskey',
  'privatekey',
  'authorization',
  'credential',
  'sessionid',
  'sessionkey',
  'cardnumber',
  'creditcard',
  'securitycode',
  'csrf',
  'xsrf',
  'iban',
  'cookie',
  'signature',
];

/** Names whose last word is one of these: `userPin`, `card_cvv`. Within a longer word they mean nothing. */
const lastWords = new Set(['pin', 'pwd', 'cvv', 'cvv2', 'cvc', 'cvc2', 'csc', 'otp', 'totp', 'ssn', 'jwt', 'auth']);

const wholeNames = new Set(['pan', 'sid', 'pass', 'sig', 'session']);

/** Whether what goes by that name — of a header, a field, a parameter — is a secret whatever it looks like. */
export function isSecretName(name: string): boolean {
  const squashed = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (wholeNames.has(squashed) || telling.some((part) => squashed.includes(part))) return true;
  return lastWords.has(lastWord(name));
}

/** `userPin` and `user_pin` end in `pin`; `opinion` and `spin` don't. */
function lastWord(name: string): string {
  const words = name.slice(-40).split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/);
  return (words.at(-1) ?? '').toLowerCase();
}
