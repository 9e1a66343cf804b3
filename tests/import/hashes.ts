/** Hashes that other systems made, all of one password. */

/** NFKC makes two letters of its first character, so it tells how a system normalizes. */
export const password = "ﬁsh & chips";
/** 90 bytes: bcrypt uses the first 72, which are 24 of its 30 characters. */
export const longPassword = "가".repeat(30);

/** `hashPassword` of better-auth 1.7.25. */
export const betterAuthHash =
  "a1b2d91ebb4b4b39f6581a269be71fc7:04dbe2782b854fe0608e08d222a8113f0c8899826efa31d32b612dbeae9596008095e9723b505fbe634ab8f1925ff9f9cf43d741bb3c4b9458229eadce78df75";
/** `generate_password_hash` of werkzeug. */
export const werkzeugHash =
  "scrypt:32768:8:1$WDl6VqFcZIVjPVOh$139ad75777664781c7b57c4f9a015cdc19040ed2c9e144a9c9bb831c675e767bc0e27f17f22486f202d7dcb1b26cc5b6ad727d3f77f10abb02accecc6ed5569c";

export const luciaHash =
  "s2:s1ssmrqm9k9lo786:900b4b249c2956858f187dd548eb393fd224e472a886501cc700e017165203643809f90c167fa1cf987b0166a2e80642d56ac16feeac00330e6c4b177c5b3c45";
export const laravelHash = "$2y$12$1RzK6b173PCReZ1jwOb9R.yCTQEJdKXXgxJVPmQY65oOslHer8wje";
export const bcryptHash = "$2a$12$Yimxg3bI.fprYLxwjpb6UeS6gM4.oaoBum5a503nsZx/nYyiQNXey";
export const argon2Hash =
  "$argon2id$v=19$m=65536,p=4,t=3$BwMaSG7xdoZKbeGlEd5f/Q$2Hvn1Qph3xj90ZazZ8GYFxNmFubsC7gxXI50G944gBs";
export const pbkdf2Hash =
  "pbkdf2_sha256$1000000$KUeytAirBnRTu3qzlsG6ay$aT0phW3ZpDN4Q7/+yo2IZjRAhw12panSTEpNc7w5Vms=";

/** The same with lower parameters: Django 5.2 with 150,000 iterations, npm argon2 0.45.1 with 8 MiB. */
export const smallPbkdf2Hash =
  "pbkdf2_sha256$150000$KUeytAirBnRTu3qzlsG6ay$4AtX0A2L839QOxLvKrQSMwGBV8jpbmKd2HZOo/xrVq8=";
export const smallArgon2Hash =
  "$argon2id$v=19$m=8192,p=4,t=3$J5NZskQIanau1bQfTizdyw$fA012pNV2SRd/CZtOyHFrPh0h933CDkjz1sRVfa0UrI";

/** Who made it, how the import calls it, and the hash. Parameters are the defaults of their systems. */
export const hashes: { made: string; form: string; hash: string; password?: string }[] = [
  { made: "better-auth 1.7.25", form: "better-auth", hash: betterAuthHash },
  { made: "werkzeug, scrypt", form: "werkzeug", hash: werkzeugHash },
  {
    made: "werkzeug 3.1.8, pbkdf2:sha256",
    form: "werkzeug",
    hash:
      "pbkdf2:sha256:1000000$sbif1dL0OCwDfmft$62c8af03432205d6198484fc96d814ebadf0d4162dffd9f21b2ddec6906b22ef",
  },
  {
    made: "lucia 2.7.7, generateLuciaPasswordHash",
    form: "lucia",
    hash: luciaHash,
  },
  {
    made: "scrypt of Python in the form of lucia 1, verified by lucia 2.7.7",
    form: "lucia",
    hash:
      "q7x2m0a9k4b8c1zd:47e7e6a33809e69ae81bce8dc28a4d65601b83b319393113eaedf1cc692b3a6987a096dc13b2a755c047f04bd44489dbafe4cc87ede167a20706754d86a74103",
  },
  {
    made: "Django 5.2 ScryptPasswordHasher",
    form: "django",
    hash:
      "scrypt$16384$qAdmb8RFrhJ4sYKcW5WKoV$8$5$8aQfbS0oHlI45uiAO8MjHqNzcaLI/sefaNmpxazq/sYWnR3v4BZ7zx1xqFH91y8M5uyLeT5LvjO0/2fOk3FN9g==",
  },
  { made: "Django 5.2 PBKDF2PasswordHasher", form: "django", hash: pbkdf2Hash },
  {
    made: "Django 5.2 Argon2PasswordHasher",
    form: "django",
    hash:
      "argon2$argon2id$v=19$m=102400,t=2,p=8$MkZydEh5cDlSZWxxWEdTM2swMFNOcw$xtuX57i5NGbgKB5J9IDTFw",
  },
  {
    made: "Django 5.2 BCryptSHA256PasswordHasher",
    form: "django",
    hash: "bcrypt_sha256$$2b$12$xFnRj17FOxeHx78Ehp4fSuqnNSINqXe74vo7E1RTybnZpapeIPrbC",
  },
  {
    made: "Django 5.2 BCryptPasswordHasher",
    form: "django",
    hash: "bcrypt$$2b$12$A59eGxysby1c4K5fSvsXz.hpCdWAv3G5ZTszgzd7JRy9qSxKBapIq",
  },
  { made: "ruby bcrypt 3.1.18 (Rails, Devise)", form: "bcrypt", hash: bcryptHash },
  {
    made: "PHP 8.2 password_hash, cost 12 (Laravel)",
    form: "bcrypt",
    hash: laravelHash,
  },
  {
    made: "npm bcrypt 6.0.0",
    form: "bcrypt",
    hash: "$2b$10$pp5r8G6/YhvVYMM6ECti7.q0JVo8UD4mHZz4PerAwU/Oi3jE2nj0C",
  },
  {
    made: "Python bcrypt 3.2.2",
    form: "bcrypt",
    hash: "$2b$12$p.TRrHB0VpXVDKe7gYNRaeDDEC3mBgefjTXXet2yDd.Ip.6jtYVaG",
  },
  {
    made: "npm bcrypt 6.0.0, of 90 bytes",
    form: "bcrypt",
    hash: "$2b$10$k9dEH1bjJf.Pk6/TgBo68OwHOQeLKlyn961CcVEIkeWI4F2Yh2Aje",
    password: longPassword,
  },
  {
    made: "PHP 8.2 password_hash, of 90 bytes",
    form: "bcrypt",
    hash: "$2y$10$JURNZtc3wRUpywfmmitOaeT.DhQGJKK6k2z6vt/xLQK/FORpprDIe",
    password: longPassword,
  },
  { made: "npm argon2 0.45.1", form: "argon2", hash: argon2Hash },
  {
    made: "npm argon2 0.45.1, Argon2i",
    form: "argon2",
    hash:
      "$argon2i$v=19$m=65536,p=4,t=3$5Jn1ODe6csf9f/LbjN6EYA$az7pTH+X42F5lSi8MGg02WkbCE4262dGO81YkpbE0qk",
  },
  {
    made: "npm argon2 0.45.1, version 16",
    form: "argon2",
    hash:
      "$argon2id$v=16$m=8192,p=4,t=3$KvE2AuxQ/rkwDZF2zB9e9g$egwijvx40HJjRPwHLuA8yyq1Mijq/CS6WCwIXVXBRmw",
  },
  {
    made: "PHP 8.2 password_hash, PASSWORD_ARGON2ID (Laravel)",
    form: "argon2",
    hash:
      "$argon2id$v=19$m=65536,t=4,p=1$SEVMeThzekhhT1Q3MlFZQQ$+nQ/0JchXAZfP2q5wK4u4+z+kR4lNk+5zAEDf8+EXwY",
  },
  {
    made: "PHP 8.2 password_hash, PASSWORD_ARGON2I (Laravel)",
    form: "argon2",
    hash:
      "$argon2i$v=19$m=65536,t=4,p=1$TGFZUHMwWE9tUHRxYktnaQ$Ok4rMuFWaLwOk/CSkojFPDQXiLB5GSQ/uacg2nbQKDA",
  },
];
