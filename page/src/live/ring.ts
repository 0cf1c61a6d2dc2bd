// The newest events of one timeline, at most `capacity`: what comes is put in by hundreds, and whoever looks is told once a
// frame. So a flood costs renders by time, not by event, and memory stays where it is.

export class Ring<Item> {
  private readonly slots: (Item | undefined)[];
  private first = 0; // counts all that ever came; the oldest that is still here
  private end = 0;

  constructor(readonly capacity: number) {
    this.slots = new Array<Item | undefined>(capacity);
  }

  get length(): number {
    return this.end - this.first;
  }

  /** How many were pushed out by newer ones. */
  get forgotten(): number {
    return this.first;
  }

  push(item: Item): void {
    this.slots[this.end % this.capacity] = item;
    this.end += 1;
    if (this.end - this.first > this.capacity) this.first += 1;
  }

  /** 0 is the oldest. */
  at(index: number): Item | undefined {
    return index < 0 || index >= this.length ? undefined : this.slots[(this.first + index) % this.capacity];
  }

  clear(): void {
    this.slots.fill(undefined);
    this.first = this.end = 0;
  }

  /** The indexes of those that are wanted, oldest first. */
  matching(wanted: (item: Item) => boolean): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.length; ++index) {
      const item = this.at(index);
      if (item !== undefined && wanted(item)) found.push(index);
    }
    return found;
  }
}
