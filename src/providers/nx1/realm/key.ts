import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'

/**
 * The realm's signing key. It is well known and the same in every Runyard, so that tokens are the same everywhere:
 * it proves nothing outside a local stand-in, and must never be trusted by anything else.
 */
const PRIVATE_JWK = {
  kty: 'RSA',
  n: 'od6rjeOzOd0tT0BSb01MotinqLyR_QwDNDzP47tLi3ko9udeFiaEF5RRmRq5-CZ7i61qmpjkbcTqeHqK8K0BfPFAr1-NP8pqZetmoQWQ7-9HEIF-Xg2ACYAKTOGqBPoh30ZTgdMFlFA97Nr79bzao_hTr6CtdI2_Yfp6J9Gx3WQQKa7WX3NSbP_XQ01LKTc41-ZVfd6A4mQQibDJRSQl1DaeEBEQVHAVB0VHW8DSxh8OVHrKHZr2vDvur_m362C_Bva-cf9ZSMiR4wUewolwnqLtopD5MkK4uuiRUFDex6vhH-WEhZJPMbbv-wdZpdzbeMlkAhEEOMzluePPnc-2FQ',
  e: 'AQAB',
  d: 'FQcyBqgErbjxrKi4vMxQLxyRpT5AAd1IYkYfJKC9duQ5wd97Lcn5oX2LXyYlcBsBtDrGTUic7jSlWBrlR1BWT-agZlf1p8qSKWTcC4GHW2AcfYSxB6Nd1X4ceHHdbjGXamO-r_AburF05frpvfn3dlMpffiT5_8NFHufWGJppo6m8gmbmHh6311JUBpQm6iHnTpqGgShHTBSbQZBOF4nHKmA77-nchiYDXcKHSxM6j0ek9XqtRYdGakJ7zkx5SUj0D7nzAe1zMLpcKszRU39hu37_j15QPpwGznSKRldaPiMQboXWLq2UG7Ujnx8dGy-eIWVoJzODQGgvSBzMlwB6Q',
  p: '2vUJ3NI1Jg0k95wHrcnLgIVuMMkc0JhEYR9Yb27TD8swDCUhggY1cYOQ4LP94T-RMS5-9ByeIxhHONlxc-2ZQOoE6ZKZQnH0n1-7HCZvZODXAhDQFaEqheD7gb4nkvj2mIWSDVUpbE58F5PV-26rlMAlgVpXDa2EC5vU2S44m4k',
  q: 'vUEyVxoASdydMHPAmwz7gmK4gt6D99Br4GrfmA3Ejya5DJOewxtUHDea0y7ZXWHHWpM3kwKQaEVVAs6JnXlW2vokBd89nxcYE986d2HyrPGY_FGMtFCVTkMDCYOyhfVVQkezc376bxpAdgXX2MtpY154FdtVmlP_UYOHNNW2py0',
  dp: 'u07kIQOyc9rKxQe1ifYXINsEaLei7s9Tr8Ig5TLpW5l2gO1CvPiSv4jNZ2ySwx6eFnSwJiRVI7ChPQDHDWU0tVN84FOIyE6z9aLvbiVzJdkyFZJMcDRvLBhLD7KcKB7S1aduSfmQdhauEX1mkLEcFyRI8V9XGVxWmZe1fhUMWAE',
  dq: 'UlF7bft3SKlXDe4rRsXc2BfMnc_fovjbE2ApJWBHsORs9RV4pvDKIwPkqhrknQOczL7gG2ewHEqb8X6YyRAwQUswRAWYLgzDglFEgwztm1_y5T0rcHrklof7WDYafr35ebzqR0Bh-dV3WF6uRjQkAP7kSM2AbIJAudn2A3s52Xk',
  qi: 'kowqS9BB10VwUh9m06XxtefdeohUE9CNTVu9FFtyYzVltvSEfEtCO1cPxedawpYHk_nj8hIzrqKMifVUmU5bWrUlNeF5v30ss2iMTaHgnNKb1GbHaWRV5oee1CI44wVz-CHlVYu4d5_uuePxJiD4l8ANejISclwU4cruXY4OFQs',
}

/** The key's certificate (self-signed, CN=rapid), which Keycloak publishes beside it. */
const CERTIFICATE =
  'MIIDAzCCAeugAwIBAgIUSxiox92Hi4nu818xLHytgEs/+wcwDQYJKoZIhvcNAQELBQAwEDEOMAwGA1UEAwwFcmFwaWQwIBcNMjYxMTIzMTM1MzMxWhgPMjEyNjEwMzAxMzUzMzFaMBAxDjAMBgNVBAMMBXJhcGlkMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAod6rjeOzOd0tT0BSb01MotinqLyR/QwDNDzP47tLi3ko9udeFiaEF5RRmRq5+CZ7i61qmpjkbcTqeHqK8K0BfPFAr1+NP8pqZetmoQWQ7+9HEIF+Xg2ACYAKTOGqBPoh30ZTgdMFlFA97Nr79bzao/hTr6CtdI2/Yfp6J9Gx3WQQKa7WX3NSbP/XQ01LKTc41+ZVfd6A4mQQibDJRSQl1DaeEBEQVHAVB0VHW8DSxh8OVHrKHZr2vDvur/m362C/Bva+cf9ZSMiR4wUewolwnqLtopD5MkK4uuiRUFDex6vhH+WEhZJPMbbv+wdZpdzbeMlkAhEEOMzluePPnc+2FQIDAQABo1MwUTAdBgNVHQ4EFgQUq5l1OyGCRKtHgdttaoaTNIDAvb8wHwYDVR0jBBgwFoAUq5l1OyGCRKtHgdttaoaTNIDAvb8wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAdpuCAGhjiBaOaFFQ8DueTc9pCanbzvUSSurCTNUP/DjH/tC26ru19u9owQ4m0iyo969W3POS0z7/eATMXgJgdeLWbaBBmnqK+EtzP/puYVVwC8XCTJ/X/WpgKJZbgMFvEw7pk2vMnq19VAEKo2yWOvC1xY+QneItXjKr7yAN5uyReljbBgoNJjIAl848ZN1vFzwO6NabUkl3qllyCiMZ+ysvNB094b+pe2QGdxVuYcTnrWlKCTCGO79hCGWkAvRjnvDNIAtFD3IIZQ7QDsI/Y6YNO8OGheGKkyen9io89z7CkDj8XIHxtpL9HAZPzgCp+FpxoVG4El96h0MOHn8hLQ=='

/** The key's JWK thumbprint (RFC 7638). */
export const KEY_ID = 'kuBeBuME-dAjsWgfwsdS1wsRLLwlxEBHV382OY4yRkw'

/** Signs. */
export const privateKey = createPrivateKey({ key: PRIVATE_JWK, format: 'jwk' })
/** Verifies. */
export const publicKey = createPublicKey(privateKey)

const certificate = Buffer.from(CERTIFICATE, 'base64')

/** The key set that the realm publishes, in Keycloak's members and order (fidelity/nx1.md §A5). */
export const KEY_SET = {
  keys: [
    {
      kid: KEY_ID,
      kty: PRIVATE_JWK.kty,
      alg: 'RS256',
      use: 'sig',
      x5c: [CERTIFICATE],
      x5t: createHash('sha1').update(certificate).digest('base64url'),
      'x5t#S256': createHash('sha256').update(certificate).digest('base64url'),
      n: PRIVATE_JWK.n,
      e: PRIVATE_JWK.e,
    },
  ],
}
