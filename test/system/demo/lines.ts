/** Figures, ages and times differ from run to run, and with them the width of what is beside; so does whether a busy machine drops a frame. */
const FIGURES = /\d+(\.\d+)? (Gbit\/s|s\b)|\d+s$|\d+(, \d+)* samples$|\d[\d,]*$|^No frame was dropped\.$/g;

/** Lines of what a demo says, without what differs from run to run. */
export function withoutFigures(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim().replace(FIGURES, 'F').replace(/ +/g, ' '));
  return lines.filter((line) => line !== '' && line !== 'F');
}
