use super::*;
use crate::secrets::template::expand;

/// What the reader finds in `text`, a file at `path`: `name=value confidence`.
fn found(path: &str, text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut hits: Vec<(usize, usize)> = Vec::new();
    let folded = text.to_ascii_lowercase();
    for (index, word) in WORDS.iter().enumerate() {
        hits.extend(folded.match_indices(word).map(|(at, _)| (at, index)));
    }
    hits.sort_unstable();
    let mut reader = Reader::new(bytes, Nature::of(path, bytes));
    let mut out = Vec::new();
    for (start, word) in hits {
        reader.hit(word, start, &mut out);
    }
    let show = |span: Span| String::from_utf8_lossy(span.of(bytes)).into_owned();
    out.iter().map(|a| format!("{}={} {:?}", show(a.name), show(a.value), a.confidence)).collect()
}

#[track_caller]
fn finds(path: &str, text: &str, expected: &str) {
    // Templates, so that the file itself holds no credential; braces of a language stand for themselves.
    let plain = |text: &str| expand(text, 11).unwrap_or_else(|_| text.to_owned());
    let (text, expected) = (plain(text), plain(expected));
    assert_eq!(found(path, &text), [expected], "{path}: {text}");
}

#[test]
fn assignments_of_all_languages() {
    for (path, text, expected) in [
        ("a.py", "password = 'kx7#pq2v'", "password=kx7#pq2v Medium"),
        ("a.py", "password='qxvkzpw'", "password=qxvkzpw Medium"),
        ("a.go", "var apiToken string = \"{alnum:32}\"", "apiToken={alnum:32} High"),
        ("a.go", "pwd := `kx7#pq2v`", "pwd=kx7#pq2v Medium"),
        ("a.java", "ds.setPassword(\"kx7#pq2v\");", "ds.setPassword=kx7#pq2v Medium"),
        ("a.java", "props.put(\"db.password\", \"kx7#pq2v\");", "db.password=kx7#pq2v Medium"),
        ("a.kt", "val secret: String = \"{alnum:32}\"", "secret={alnum:32} High"),
        ("a.rs", "let token = String::from(\"{alnum:32}\");", "token={alnum:32} High"),
        ("a.php", "'password' => 'kx7#pq2v',", "password=kx7#pq2v Medium"),
        ("a.php", "define('AUTH_KEY', '{alnum:40}');", "AUTH_KEY={alnum:40} High"),
        ("a.php", "$secret ??= \"{alnum:32}\";", "secret={alnum:32} High"),
        ("a.c", "#define DB_PASSWORD \"kx7#pq2v\"", "DB_PASSWORD=kx7#pq2v Medium"),
        ("a.rb", "ENV['X_TOKEN'] || '{alnum:32}'", "X_TOKEN={alnum:32} High"),
        ("a.sql", "CREATE USER x WITH PASSWORD 'kx7#pq2v';", "PASSWORD=kx7#pq2v Medium"),
        ("a.sql", "x IDENTIFIED BY 'kx7#pq2v';", "IDENTIFIED BY=kx7#pq2v Medium"),
        ("Makefile", "API_KEY ?= {alnum:32}", "API_KEY={alnum:32} High"),
        ("Makefile", "API_KEY :::= {alnum:32}", "API_KEY={alnum:32} High"),
        (".env", "DB_PASS=kx7#pq2v\n", "DB_PASS=kx7#pq2v Medium"),
        ("a.ini", "password = admin\n", "password=admin Low"),
        ("a.yml", "password: |-\n  kx7#pq2v\n", "password=kx7#pq2v Medium"),
        ("a.yml", "- name: API_TOKEN\n  value: {alnum:32}\n", "API_TOKEN={alnum:32} High"),
        ("a.yml", "URL: ${DB_PASSWORD:-kx7#pq2v}", "DB_PASSWORD=kx7#pq2v Medium"),
        (
            "a.json",
            "\"name\": \"apiSecret\", \"value\": \"{alnum:32}\"",
            "apiSecret={alnum:32} High",
        ),
        ("a.json", "\"{\\\"password\\\": \\\"kx7#pq2v\\\"}\"", "password=kx7#pq2v Medium"),
        ("a.xml", "<password>kx7#pq2v</password>", "password=kx7#pq2v Medium"),
        ("a.xml", "<apiKey>\n  {alnum:32}\n</apiKey>", "apiKey={alnum:32} High"),
        ("a.xml", "<add key=\"ApiSecret\" value=\"{alnum:32}\"/>", "ApiSecret={alnum:32} High"),
        ("a.xml", "<string name=\"api_key\">{alnum:32}</string>", "api_key={alnum:32} High"),
        ("a.cs", "\"Server=x;Password=kx7#pq2v;Trusted=no\"", "Password=kx7#pq2v Medium"),
        ("a.cs", "new NetworkCredential(\"u\", \"kx7#pq2v\")", "NetworkCredential=kx7#pq2v Medium"),
        ("a.md", "Your password is: kx7#pq2v", "password=kx7#pq2v Low"),
        ("a.txt", "user: me\npassword: qxvkzpw\n", "password=qxvkzpw Medium"),
        ("a.txt", "the new password=qxvkzpw", "password=qxvkzpw Low"),
        ("a.js", "ldap = { bindpass: 'kx7#pq2v' }", "bindpass=kx7#pq2v Medium"),
    ] {
        finds(path, text, expected);
    }
}

#[test]
fn commands_headers_and_addresses() {
    for (path, text, expected) in [
        ("a.sh", "curl -u me:kx7#pq2v https://h/", "curl =kx7#pq2v Medium"),
        ("a.sh", "curl -s --user 'me:kx7#pq2v' https://h/", "curl =kx7#pq2v Medium"),
        ("a.sh", "mysql -u root -pkx7#pq2v db", "mysql=kx7#pq2v Medium"),
        ("a.sh", "sshpass -p kx7#pq2v ssh h", "sshpass=kx7#pq2v Medium"),
        ("a.sh", "htpasswd -b .users me kx7#pq2v", "htpasswd=kx7#pq2v Medium"),
        ("a.bat", "psexec \\\\h -u me -p kx7#pq2v cmd", "psexec=kx7#pq2v Medium"),
        ("a.sh", "docker login -u me -p kx7#pq2v", "docker login=kx7#pq2v Medium"),
        ("a.sh", "net user me kx7#pq2v /add", "net user=kx7#pq2v Medium"),
        ("a.sh", "tool --api-key {alnum:32} --x", "api-key={alnum:32} High"),
        ("a.md", "machine h login me password kx7#pq2v", "password=kx7#pq2v Medium"),
        ("a.py", "h['Authorization'] = 'Bearer {alnum:32}'", "Authorization={alnum:32} High"),
        ("a.txt", "-H 'X-Api-Key: {alnum:32}'", "X-Api-Key={alnum:32} High"),
        ("a.py", "u = 'postgres://me:kx7#pq2v@db.corp/x'", "me=kx7#pq2v Medium"),
        ("a.py", "u = 'https://h/?token={alnum:32}&y=1'", "token={alnum:32} High"),
    ] {
        let text = text.replace("kx7#pq2v@", "kx7pq2vz8@");
        finds(path, &text, &expected.replace("me=kx7#pq2v", "me=kx7pq2vz8"));
    }
}

#[test]
fn what_is_no_credential() {
    for (path, text) in [
        ("a.py", "password = get_password()"),
        ("a.py", "password = os.environ['DB_PASSWORD']"),
        ("a.py", "print('password: ' + name)"),
        ("a.py", "token = 'identifier'"),
        ("a.py", "password: str = None"),
        ("a.js", "label: 'Enter your password'"),
        ("a.js", "x = ok ? 'pass' : 'fail'"),
        ("a.js", "key: 'userPasswordField'"),
        ("a.js", "passwordSelector = '#password'"),
        ("a.c", "key = \"qcom,switch-mode\";"),
        ("a.py", "password = password.decode(\"UTF-8\")"),
        ("a.toml", "token = \"X64V3GfniToken\""),
        ("a.js", "'Sec-WebSocket-Key': '{b64:22}=='"),
        ("a.sh", "f \"user= password= scmVersion=\""),
        ("a.txt", "MySQL-Python of old"),
        ("a.c", "rtas_token(\"ibm,open-errinjct\")"),
        ("a.c", "printf(\"token=0x%016llx\\n\", x)"),
        ("a.sh", "echo \"PASS: ipv6 test\""),
        ("a.sh", "PASSWORD=$1"),
        ("a.sh", "PASSWORD=x_$NAME"),
        ("a.yml", "password: ${DB_PASSWORD}"),
        ("a.yml", "secretName: db-credentials"),
        ("a.php", "$x['password'] = $_POST['password'];"),
        ("a.php", "'<p password=\"'.$pass.'\">'"),
        ("a.md", "the secret is 2 words"),
        ("a.md", "`password: string`"),
        ("package-lock.json", "\"token\": \"{alnum:32}\""),
        ("a.json", "\"max_tokens\": \"{alnum:32}\""),
        ("a.json", "\"public_key\": \"{alnum:32}\""),
        ("a.json", "\"key\": \"{uuid}\""),
        ("a.txt", "https://host/a:b@c"),
        ("a.txt", "postgres://user:password@localhost/db"),
        ("a.txt", "curl -u \"$USER:$PASS\" https://h/"),
        ("a.txt", "Bearer of news"),
        ("a.md", "https://codecov.io/x/badge.svg?token={alnum:10}"),
        ("a.js", "key: 'MFkwEwYHKoZIzj0CAQYI{alnum:60}'"),
    ] {
        let text = expand(text, 5).unwrap_or_else(|_| text.to_owned());
        assert!(found(path, &text).is_empty(), "{path}: {text}: {:?}", found(path, &text));
    }
}

#[test]
fn any_bytes_are_read_without_a_panic() {
    let pieces: [&[u8]; 14] = [
        b"password",
        b"=",
        b"\"",
        b"'",
        b"\\",
        b"://",
        b"curl ",
        b"-u",
        b"<",
        b"\xff",
        b"\n",
        b"secret",
        b":",
        b"(",
    ];
    let mut state = 7_u32;
    for _ in 0..2000 {
        let mut bytes = Vec::new();
        for _ in 0..12 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bytes.extend_from_slice(pieces[(state >> 16) as usize % pieces.len()]);
        }
        let mut reader = Reader::new(&bytes, Nature::default());
        let mut out = Vec::new();
        for start in 0..bytes.len() {
            for word in 0..WORDS.len() {
                reader.hit(word, start, &mut out);
            }
        }
        assert!(out.iter().all(|a| a.value.end <= bytes.len()));
        assert!(out.windows(2).all(|w| w[0].value.end <= w[1].value.start), "sorted, no overlap");
    }
}
