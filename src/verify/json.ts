/** What stands at the end of the steps, or undefined when they lead nowhere. */
export function at(value: unknown, ...steps: readonly (string | number)[]): unknown {
  let found = value
  for (const step of steps) {
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, step)
        ? Reflect.get(found, step)
        : undefined
  }
  return found
}

/** The text there, or undefined when there is none or an empty one. */
export function textAt(value: unknown, ...steps: readonly (string | number)[]): string | undefined {
  const found = at(value, ...steps)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** The list there; empty when there is none. */
export function listAt(value: unknown, ...steps: readonly (string | number)[]): unknown[] {
  const found = at(value, ...steps)
  return Array.isArray(found) ? found : []
}

/** The JSON that the text holds, or undefined when it holds none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
