import type { Reply } from '../../../core/reply.ts'
import { htmlText } from '../../../core/xml.ts'
import type { Client, User } from '../world.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5d6b7a; --line: #d8dee6; --card: #fff; --ground: #eef2f6;
  --accent: #1f5fbf; --on-accent: #fff; --error: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #e7edf4; --soft: #9aa8b7; --line: #33404e; --card: #18212b;
  --ground: #0f161d; --accent: #7fb0ff; --on-accent: #0b1a30; --error: #ff8a80 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 24rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px }
h1 { margin: 0 0 .25rem; font-size: 1.375rem }
p { margin: 0 0 1.25rem; color: var(--soft); overflow-wrap: anywhere }
p.error { color: var(--error) }
form { margin: 0 }
button { width: 100%; padding: .625rem .875rem; font: inherit; border-radius: 8px; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: inherit }
button:hover, button:focus-visible { border-color: var(--accent) }
button.user { display: flex; justify-content: space-between; align-items: center; margin-bottom: .5rem; text-align: left }
button.user small { color: var(--soft) }
button.main { margin-top: .25rem; background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
button.plain { margin-top: .5rem; border-color: transparent; color: var(--soft) }
hr { margin: 1.25rem 0; border: 0; border-top: 1px solid var(--line) }
label { display: block; margin-bottom: .75rem; font-size: .875rem; color: var(--soft) }
input { display: block; width: 100%; margin-top: .25rem; padding: .5rem .75rem; font: inherit; color: var(--ink);
  background: transparent; border: 1px solid var(--line); border-radius: 8px }
`

/**
 * The login page: by name and password, or by one click as any user whose password is no secret. `action`: where its
 * forms go, query included.
 */
export function loginPage(
  users: readonly User[],
  client: Client,
  action: string,
  shown: { readonly error?: string; readonly username?: string } = {},
): Reply {
  const form = `<form method="post" action="${htmlText(action)}">`
  const known = users.filter(({ username, password }) => password === username)
  const oneClick = known.map(
    ({ username, password, givenName, familyName, admin }) => `${form}
<input type="hidden" name="username" value="${htmlText(username)}">
<input type="hidden" name="password" value="${htmlText(password)}">
<button class="user"><span>${htmlText(`${givenName} ${familyName}`)}</span>
<small>${htmlText(username)}${admin ? ' · sees all runs' : ''}</small></button>
</form>`,
  )
  return page(200, 'Sign in to rapid', [
    '<h1>Sign in to rapid</h1>',
    `<p>to continue to ${htmlText(client.clientId)}</p>`,
    ...(shown.error === undefined ? [] : [`<p class="error" role="alert">${htmlText(shown.error)}</p>`]),
    ...oneClick,
    ...(known.length > 0 ? ['<hr>'] : []),
    form.replace('<form', '<form id="kc-form-login"'),
    `<label>Username or email<input id="username" name="username" autocomplete="username" required
 value="${htmlText(shown.username ?? '')}"></label>`,
    '<label>Password<input id="password" name="password" type="password" autocomplete="current-password"></label>',
    '<button class="main" id="kc-login">Sign in</button>',
    '</form>',
    `${form}<button class="plain" name="cancel" value="true">Cancel</button></form>`,
  ])
}

/** Keycloak's page for what cannot be told to the client, since nobody knows that it is the client. */
export function errorPage(message: string): Reply {
  return page(400, 'Sign in to rapid', [
    '<h1>We are sorry...</h1>',
    `<p id="kc-error-message">${htmlText(message)}</p>`,
  ])
}

/** What a browser sees that logged out without asking to be sent anywhere. */
export function loggedOutPage(): Reply {
  return page(200, 'Signed out', [
    '<h1>You are logged out</h1>',
    '<p>This session’s tokens no longer work.</p>',
  ])
}

/** The page of `response_mode=form_post`: the parameters, on their way to the client. */
export function formPostPage(redirect: string, params: readonly (readonly [string, string])[]): Reply {
  return page(200, 'OIDC Form_Post Response', [
    `<form method="post" action="${htmlText(redirect)}">`,
    ...params.map(
      ([name, value]) => `<input type="hidden" name="${htmlText(name)}" value="${htmlText(value)}">`,
    ),
    '<button class="main">Continue</button>',
    '</form>',
    '<script>document.forms[0].submit()</script>',
  ])
}

function page(status: number, title: string, body: readonly string[]): Reply {
  return {
    status,
    headers: {
      'content-type': 'text/html;charset=utf-8',
      'cache-control': 'no-store, must-revalidate, max-age=0',
      'content-security-policy': "frame-src 'self'; frame-ancestors 'self'; object-src 'none';",
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${htmlText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.join('\n')}
</main>
</body>
</html>
`,
  }
}
