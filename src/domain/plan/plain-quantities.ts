import { isJsonArray, isJsonObject, type Json } from '../json.ts';
import { quantityOf, quantityText } from '../schema/quantity.ts';
import type { FieldSchema } from './field-schema.ts';

/**
 * The value with each quantity in its one spelling, so that equal quantities are equal JSON. Only where the schema's type is Quantity; what cannot be
 * read as one stays as it is. The API server rounds up below a nano and cuts off above 2^63: what only that makes equal stays different here.
 *
 * @returns the very same value where there is nothing to change
 */
export function withPlainQuantities(value: Json, schema: FieldSchema | undefined): Json {
  if (schema === undefined) return value;
  if (schema.quantity === true) return plainQuantity(value);
  if (isJsonArray(value)) {
    const items = value.map((item) => withPlainQuantities(item, schema.items));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([name, member]): [string, Json] => [
    name,
    withPlainQuantities(member, schema.properties?.get(name) ?? schema.additionalProperties),
  ]);
  return members.every(([name, member]) => member === value[name]) ? value : Object.fromEntries(members);
}

function plainQuantity(value: Json): Json {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return value;
  const quantity = quantityOf(String(value).trim());
  return quantity === undefined ? value : quantityText(quantity);
}
