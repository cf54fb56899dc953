declare const brand: unique symbol;

/** A `T` that was checked once to be a `Name`; only the checking function makes one. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
