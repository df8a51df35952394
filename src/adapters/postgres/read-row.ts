/** Reads a row into its domain type. What the type's parse function refuses is reported with the row's table and key. */
export function readRow<Value>(table: string, key: string | number, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the row ${key} of planwright.${table} cannot be used: ${reason}; it was changed by hand, or by another version`,
      { cause },
    );
  }
}
