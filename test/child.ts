import type { ChildProcess } from 'node:child_process'

/** What a server in a child process has written so far. */
export interface Written {
  out(): string
  err(): string
}

/** Resolves once the banner is there, to the URL in it. Throws, with what it complained of, when it exits before. */
export async function listening(child: ChildProcess): Promise<Written & { readonly url: string }> {
  let out = ''
  let err = ''
  child.stderr?.on('data', (chunk) => (err += String(chunk)))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      out += String(chunk)
      const [, found] = /on (http:\S+)\n[\s\S]*credentials/.exec(out) ?? []
      if (found !== undefined) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`exited with ${code}: ${err}`)))
  })
  return { url, out: () => out, err: () => err }
}
