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

/// Every `(path, text, expected)` is found.
#[track_caller]
fn find_all(cases: &[(&str, &str, &str)]) {
    let plain = |text: &str| expand(text, 11).unwrap_or_else(|_| text.to_owned());
    let wrong: Vec<_> = cases
        .iter()
        .map(|(path, text, expected)| (path, plain(text), plain(expected)))
        .filter(|(path, text, expected)| found(path, text) != [expected.as_str()])
        .map(|(path, text, _)| format!("{path}: {text}: {:?}", found(path, &text)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Nothing is found in any `(path, text)`.
#[track_caller]
fn silent(cases: &[(&str, &str)]) {
    let plain = |text: &str| expand(text, 5).unwrap_or_else(|_| text.to_owned());
    let wrong: Vec<_> = cases
        .iter()
        .map(|(path, text)| format!("{path}: {text}: {:?}", found(path, &plain(text))))
        .filter(|line| !line.ends_with(": []"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
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
fn log_ins_of_two_lines() {
    find_all(&[
        ("a.ini", "user = joe\npassword = bumblebee\n", "password=bumblebee Medium"),
        ("a.py", "username = 'joe'\npassword = 'bumblebee'\n", "password=bumblebee Medium"),
        ("a.gradle", "username 'joe'\npassword 'bumblebee'\n", "password=bumblebee Medium"),
        ("a.py", "user = 'joe'\npassword = 'open sesame'\n", "password=open sesame Medium"),
        ("a.php", "$m->User = 'joe';\n$m->Password = 'secret';", "Password=secret Low"),
        ("a.ini", "user = joe\npassword = mypassword\n", "password=mypassword Low"),
        ("a.md", "machine h\n  login joe\n  password bumble12\n", "password=bumble12 Medium"),
        (".env", "APP_DB_PASS=bumblebee\n", "APP_DB_PASS=bumblebee Medium"),
        ("a.txt", "# APP_DB_PASS=bumblebee\n", "APP_DB_PASS=bumblebee Medium"),
        ("tests/a.py", "user = 'joe'\npassword = 'bumblebee'\n", "password=bumblebee Low"),
        ("a.txt", "Server=h;User Id=joe;Password=secret;x=1", "Password=secret Low"),
        (
            "a.vb",
            "\"Server=h;User ID=joe; \" & \"Password =bumblebee;x=1\"",
            "Password=bumblebee Medium",
        ),
        ("a.cs", "\"Server=h;Uid=joe;Pwd=bumblebee;\"", "Pwd=bumblebee Medium"),
    ]);
    silent(&[
        ("a.py", "user = name\npassword = word"),
        ("a.ts", "login: string;\npassword: string;"),
        ("a.js", "{ username: 'username', password: 'password' }"),
        ("a.c", "SET_USER_PASSWORD=0x70,"),
        ("a.go", "cfg.User = user\ncfg.Passwd = pass"),
        ("a.md", "- MODE_PASS=${PASS}"),
    ]);
}

#[test]
fn comparisons_and_sentences() {
    find_all(&[
        ("a.py", "if password == 'bumblebee':", "password=bumblebee Low"),
        ("a.py", "if user == 'joe' and password == 'bumble9':", "password=bumble9 Medium"),
        ("a.java", "if (password.equals(\"kx7#pq2v\"))", "password.equals=kx7#pq2v Low"),
        ("a.c", "if (!strcmp(password, \"kx7#pq2v\"))", "password=kx7#pq2v Low"),
        ("a.yml", "jwt:\n  secret: \"development#product\"\n", "secret=development#product Medium"),
        ("a.go", "if c.Secret != \"open-sesame\" {", "c.Secret=open-sesame Medium"),
        ("a.md", "The password for user \"joe\" is \"bumblebee\".", "password=bumblebee Medium"),
        ("a.md", "The default password is 'bumblebee'", "password=bumblebee Medium"),
    ]);
    silent(&[
        ("a.js", "typeof password === 'bumblebee'"),
        ("a.js", "if (token == 'identifier')"),
        ("a.js", "if (password == other)"),
        ("a.go", "if kind.Secret == \"clientSecret\" {"),
        ("a.go", "if c.Secret == secretName {"),
        ("a.md", "the password for the database is in the vault"),
        ("a.md", "The password is 'required'"),
    ]);
}

#[test]
fn neighbours_and_declarations() {
    find_all(&[
        (
            "a.plist",
            "<key>ApiSecret</key>\n<string>{alnum:32}</string>",
            "ApiSecret={alnum:32} High",
        ),
        ("a.xml", "<name>db.password</name><value>kx7#pq2v</value>", "db.password=kx7#pq2v Medium"),
        (
            "a.config",
            "<setting name=\"ApiToken\" type=\"s\">\n<value>{alnum:32}</value>",
            "ApiToken={alnum:32} High",
        ),
        (
            "a.gradle",
            "buildConfigField 'String', 'API_KEY', '\"{hex:32}\"'",
            "API_KEY={hex:32} High",
        ),
        (
            "a.gradle",
            "buildConfigField(\"String\", \"API_KEY\", \"\\\"{hex:32}\\\"\")",
            "API_KEY={hex:32} High",
        ),
        (
            "a.tf",
            "variable \"api_token\" {{\n  type = string\n  default = \"{alnum:32}\"\n}}",
            "api_token={alnum:32} High",
        ),
        ("a.cfg", "username joe password 0 kx7#pq2v\n", "password=kx7#pq2v Medium"),
        ("a.cfg", " ppp chap password 7 0822455D0A165A1C5B\n", "password=0822455D0A165A1C5B High"),
        ("a.sh", "setx API_TOKEN {alnum:32}", "API_TOKEN={alnum:32} High"),
        ("a.sh", "tool config set api_token {alnum:32}", "api_token={alnum:32} High"),
        ("a.log", "use this password to proceed:\n\n{hex:32}\n\nThis", "password={hex:32} High"),
    ]);
    silent(&[
        ("a.xml", "<key>ApiSecret</key><true/>"),
        ("a.xml", "<key>ApiSecret</key><string>$(API_SECRET)</string>"),
        (
            "a.tf",
            "variable \"api_token\" {{\n  type = string\n}}\nx = {{\n default = \"{alnum:32}\" }}",
        ),
        ("a.cfg", "enable secret 5 $1${alnum:4}${alnum:22}\n"),
        ("a.cfg", "no password 7\n"),
        ("a.md", "tool config set api_token sk-abc-..."),
        ("a.md", "use this password to proceed: see the log"),
    ]);
}

#[test]
fn more_commands() {
    find_all(&[
        ("a.bat", "PSEXEC.EXE \\\\h -u D\\me -p kx7#pq2v cmd", "PSEXEC=kx7#pq2v Medium"),
        ("a.bat", "psexec \\\\h -u me -p bumblebee cmd", "psexec=bumblebee Medium"),
        ("a.bat", "psexec \\\\h -u me -p mypass cmd", "psexec=mypass Low"),
        ("a.md", "`-vaultToken {alnum:32}`", "vaultToken={alnum:32} High"),
        ("a.bat", "NET USE Z: \\\\h\\s kx7#pq2v /USER:me", "NET USE=kx7#pq2v Medium"),
        ("a.bat", "net use * \\\\h\\s kx7#pq2v", "net use=kx7#pq2v Medium"),
        ("a.sh", "smbclient //h/s -U me%kx7#pq2v", "smbclient=kx7#pq2v Medium"),
        ("a.sh", "xfreerdp /u:me /p:kx7#pq2v /v:h", "xfreerdp=kx7#pq2v Medium"),
        ("a.sh", "mosquitto_pub -t x -u me -P kx7#pq2v", "mosquitto_=kx7#pq2v Medium"),
        ("a.sh", "podman login -u me -p kx7#pq2v q.io", "podman login=kx7#pq2v Medium"),
        ("a.sh", "rabbitmqctl add_user me kx7#pq2v", "rabbitmqctl add_user=kx7#pq2v Medium"),
        ("a.sh", "echo \"root:kx7#pq2v\" | chpasswd", "chpasswd=kx7#pq2v Medium"),
        ("a.sh", "wpa_passphrase net kx7#pq2v", "wpa_passphrase=kx7#pq2v Medium"),
        ("a.sh", "keytool -keystore k -storepass kx7#pq2v", "storepass=kx7#pq2v Medium"),
        ("a.sh", "curl -X POST \\\n  -u me:kx7#pq2v \\\n  https://h/", "curl =kx7#pq2v Medium"),
        ("a.sh", "curl -ume:kx7#pq2v https://h/", "curl =kx7#pq2v Medium"),
        ("a.sh", "curl -u 'me':'kx7#pq2v' https://h/", "curl =kx7#pq2v Medium"),
        ("a.sh", "curl --user=\"me:kx7#pq2v\" https://h/", "curl =kx7#pq2v Medium"),
        ("a.py", "run('curl -u me:kx7#pq2v')", "curl =kx7#pq2v Medium"),
        (
            "a.ps1",
            "ConvertTo-SecureString 'kx7#pq2v' -AsPlainText -Force",
            "To-SecureString=kx7#pq2v Medium",
        ),
        (
            "a.ps1",
            "ConvertTo-SecureString -String \"kx7#pq2v\" -AsPlainText",
            "To-SecureString=kx7#pq2v Medium",
        ),
    ]);
    silent(&[
        ("a.bat", "psexec \\\\h -u me -p %PASS% cmd"),
        ("a.bat", "net use Z: \\\\host\\share /user:me"),
        ("a.sh", "smbclient //h/s -U me"),
        ("a.sh", "rabbitmqctl set_permissions -p / me '.*'"),
        ("a.sh", "mysql_config --cflags -pthread"),
        ("a.sh", "echo \"$USER:$PASS\" | chpasswd"),
        ("a.ps1", "ConvertTo-SecureString $password -AsPlainText -Force"),
        ("a.ps1", "ConvertTo-SecureString '{hex:64}'"),
    ]);
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
        ("a.js", "password = env.DB_PASSWORD || 'not-set'"),
        ("a.js", "password: 'string', user: 'string'"),
        ("a.c", "x->password = \"anonymous@\";"),
        ("a.cs", "string pass = \"XXXXXXXXXX\";"),
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

#[test]
fn every_value_of_a_long_line_is_read() {
    // Wherever the line is cut: each has another length.
    for pad in 0..24 {
        let value = |n: usize| format!("q7m2b9{n:04}x4kt{}", "w8".repeat(pad / 2));
        let json: Vec<String> = (0..60)
            .map(|n| format!("{{\"user\":\"it's u{n}\",\"password\":\"{}\"}}", value(n)))
            .collect();
        let names: Vec<String> = (0..60).map(|n| format!("password={}", value(n))).collect();
        // How sure each is depends on its digits.
        let found_in = |path: &str, text: &str| -> Vec<String> {
            let all = found(path, text);
            all.iter().filter_map(|one| Some(one.rsplit_once(' ')?.0.to_owned())).collect()
        };
        assert_eq!(found_in("a.json", &json.join(",")), names);
        let code: String = (0..60).map(|n| format!("password = '{}'; ", value(n))).collect();
        assert_eq!(found_in("a.py", &code), names);
        // A string that a name stands in is closed by what looks like its value.
        let padding = "x".repeat(pad);
        let calls: String = (0..60)
            .map(|n| format!("log(\"{padding} password: \"+q7m2b9{n}x4kt+\" is set\");"))
            .collect();
        assert_eq!(found("a.js", &calls), Vec::<String>::new());
    }
}
