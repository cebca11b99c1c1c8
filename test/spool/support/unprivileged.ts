// The user whom tests become where they run as root: file permissions mean nothing to root.

/** Nobody, on Debian and most others. */
export const nobody = 65_534
