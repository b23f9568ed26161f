/** 7264 -> "2h1m4s"; below one second "0s". */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  const written = parts.map((part, i) => (part === 0 ? '' : `${part}${'dhms'[i]}`)).join('');
  return written === '' ? '0s' : written;
}
