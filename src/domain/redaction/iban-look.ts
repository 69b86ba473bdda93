const ibans = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g;

/** Replaces what looks like a bank account number (ISO 13616) and holds its own check digits. */
export function replaceIbans(text: string, standIn: (iban: string) => string): string {
  return text.replace(ibans, (found) => {
    const iban = found.replaceAll(' ', '');
    return iban.length >= 15 && iban.length <= 34 && holdsCheck(iban) ? standIn(iban) : found;
  });
}

function holdsCheck(iban: string): boolean {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
