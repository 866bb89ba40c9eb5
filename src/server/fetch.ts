import type { FastifyInstance } from 'fastify'

/**
 * What `fetch` gives for the request, from the app and without a socket; a redirect is given, not followed. The reply is
 * there when all of it is. Rejects with a TypeError, as `fetch` does, when the connection would be reset, and with the
 * reason of the request's signal when that is aborted.
 */
export async function fetchFrom(app: FastifyInstance, request: Request): Promise<Response> {
  const { pathname, search, host } = new URL(request.url)
  const { method, headers, signal } = request
  signal.throwIfAborted()
  const payload = Buffer.from(await request.arrayBuffer())
  try {
    const reply = await app.inject({
      // The cast: inject() types the usual methods only, and takes any.
      method: method as 'GET',
      url: pathname + search,
      headers: { host, ...Object.fromEntries(headers) },
      payload,
      signal,
    })
    const body = reply.rawPayload.length > 0 ? new Uint8Array(reply.rawPayload) : null
    return new Response(body, {
      status: reply.statusCode,
      statusText: reply.statusMessage,
      headers: Object.entries(reply.headers).flatMap(([name, value = []]) =>
        [value].flat().map((one): [string, string] => [name, String(one)]),
      ),
    })
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof TypeError ? cause : new TypeError('fetch failed', { cause })
  }
}
