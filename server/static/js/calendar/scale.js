// How wide an hour of a timeline is: as wide as there is room, and never too narrow to aim at. A week
// fits a desk's screen as a whole; on paper nothing can be scrolled to, so everything fits.

export const NARROW = 640; // pixels: a phone
const PAPER = 1040; // pixels across A4, landscape, within its margins
const SIDEBAR = { wide: 224, narrow: 120 };
const SCROLLBAR = 18;

export function timeline({ width, isPrinted, isWeek, hours }) {
  const across = isPrinted ? PAPER : width;
  const isNarrow = across < NARROW;
  const room = across - (isNarrow ? SIDEBAR.narrow : SIDEBAR.wide) - SCROLLBAR;
  const [day, week] = isPrinted ? [0, 0] : isNarrow ? [44, 9] : [36, 5];
  const hour = Math.max(isWeek ? week : day, room / (hours * (isWeek ? 7 : 1)));
  const slots = isWeek ? 3 : 1;
  const labels = isWeek ? 6 : hour < 40 ? 2 : 1;
  return { hour, slotWidth: hour * slots, slotDuration: { hours: slots }, slotLabelInterval: { hours: labels } };
}
