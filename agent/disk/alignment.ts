// What direct I/O asks of every reader and writer of a disk (Linux open(2), O_DIRECT).

/** Every offset, length and address of direct I/O is a multiple of this; a laxer rule is never inferred from a device. */
export const IO_ALIGNMENT_BYTES = 4096;
