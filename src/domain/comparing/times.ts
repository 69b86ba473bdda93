/**
 * Times as services write them, as ms since the epoch. A time of day without a zone is taken as UTC: both sides of a
 * comparison mean the same zone by leaving it out.
 */
const iso =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([Zz]|[+-]\d{2}(?::?\d{2})?))?)?$/;
const fixDate = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:GMT|UTC|[+]0000)$/;
const oldDate = /^[A-Z][a-z]+day, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;
const longest = 40;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `null` where the text is no ISO 8601 or RFC 9110 time. */
export function timeOf(text: string): number | null {
  if (text.length > longest) return null;
  const modern = iso.exec(text);
  if (modern !== null) return isoTime(modern);
  const fix = fixDate.exec(text);
  if (fix !== null) return utc(fix[3]!, fix[2]!, fix[1]!, fix[4]!, fix[5]!, fix[6]!);
  const old = oldDate.exec(text);
  // RFC 9110 section 5.6.7 reads two digits by the clock; 1970 to 2069 is what they can mean here.
  if (old !== null)
    return utc(`${Number(old[3]) < 70 ? 20 : 19}${old[3]}`, old[2]!, old[1]!, old[4]!, old[5]!, old[6]!);
  const c = asctime.exec(text);
  return c === null ? null : utc(c[6]!, c[1]!, c[2]!, c[3]!, c[4]!, c[5]!);
}

function isoTime([
  ,
  year,
  month,
  day,
  hour = '0',
  minute = '0',
  second = '0',
  fraction = '',
  zone = 'Z',
]: RegExpExecArray): number | null {
  const whole = utc(year!, months[Number(month) - 1] ?? '', day!, hour, minute, second);
  if (whole === null) return null;
  const shift = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  const minutes = shift === null ? 0 : Number(`${shift[1]}1`) * (Number(shift[2]) * 60 + Number(shift[3] ?? 0));
  return whole + Number(`0.${fraction || '0'}`) * 1000 - minutes * 60_000;
}

function utc(year: string, month: string, day: string, hour: string, minute: string, second: string): number | null {
  const index = months.indexOf(month);
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  if (index === -1 || d < 1 || d > 31 || h > 24 || m > 59 || s > 60) return null;
  // Date.UTC takes the years 0–99 for those of the last century, and a 31 February for a day in March.
  const date = new Date(0);
  date.setUTCFullYear(Number(year), index, d);
  return date.getUTCDate() === d ? date.getTime() + ((h * 60 + m) * 60 + s) * 1000 : null;
}

/** Epoch numbers: seconds from 2001 to 2286, or the same in ms. `null` where a number can't well be either. */
export function epochUnit(value: number): 'seconds' | 'milliseconds' | null {
  if (value >= 1e9 && value < 1e10) return 'seconds';
  return value >= 1e12 && value < 1e13 ? 'milliseconds' : null;
}
