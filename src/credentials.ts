const ADDRESS = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi;

/** A string for people or for storage, with the user name and password removed from every address in it. */
export function withoutCredentials(text: string): string {
  if (!text.includes('://')) return text;
  return text.replace(ADDRESS, (address) => {
    // An address that does not parse may have a / or a : in its password, so everything up to its last @ is suspect.
    const credentials = URL.canParse(address) ? /:\/\/[^/?#]*@/ : /:\/\/.*@/;
    return address.replace(credentials, '://');
  });
}
