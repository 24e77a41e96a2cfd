//! The rows of a SQLite table as records, without a write to the database or beside it.
//!
//! A database that nobody writes is opened as immutable, so that not even a lock file appears beside the evidence; one
//! with a write-ahead log is read through it, read-only, for the newest rows are there.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::io::{self, Write as _};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use super::{Batch, PIECE, offset};
use crate::audit::json::tape::Tape;
use crate::audit::json::text;
use crate::audit::profile::{Cell, Table};

fn failed(error: rusqlite::Error) -> io::Error {
    io::Error::other(error.to_string())
}

fn connect(path: &Path) -> io::Result<Connection> {
    let absolute = std::path::absolute(path)?;
    let wal = {
        let mut name = absolute.clone().into_os_string();
        name.push("-wal");
        std::fs::metadata(name).is_ok_and(|meta| meta.len() > 0)
    };
    let mut uri = String::from("file:");
    for byte in absolute.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02x}"));
        }
    }
    uri.push_str(if wal { "?mode=ro" } else { "?mode=ro&immutable=1" });
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags).map_err(failed)
}

/// What a cell of the database at `path` holds.
///
/// # Errors
/// The database's own words.
pub fn cell_of(path: &Path, cell: &Cell) -> io::Result<Vec<u8>> {
    let query = format!(
        "SELECT {} FROM {} WHERE {} = ?1",
        quoted(&cell.column),
        quoted(&cell.table),
        quoted(&cell.key_column)
    );
    connect(path)?
        .query_row(&query, [&cell.key], |row| {
            Ok(row.get_ref(0)?.as_bytes().map(<[u8]>::to_vec).unwrap_or_default())
        })
        .map_err(failed)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The first rows.
///
/// # Errors
/// The database's own words.
pub fn first(path: &Path, table: &Table, count: usize, batch: &mut Batch) -> io::Result<()> {
    let mut left = count;
    read(path, table, batch, &mut |_| {
        left = left.saturating_sub(1);
        left > 0
    })
}

/// All rows, in batches to `send`.
///
/// # Errors
/// The database's own words.
pub fn all(path: &Path, table: &Table, send: &mut dyn FnMut(Batch) -> bool) -> io::Result<()> {
    let mut batch = Batch { rows: true, ..Batch::default() };
    read(path, table, &mut batch, &mut |batch| {
        if (batch.buffer.len() as u64) < PIECE {
            return true;
        }
        let full = std::mem::replace(batch, Batch { rows: true, ..Batch::default() });
        send(full)
    })?;
    send(batch);
    Ok(())
}

/// Appends rows to the batch; `more` is asked after each whether to go on, and may take the batch.
fn read(
    path: &Path,
    table: &Table,
    batch: &mut Batch,
    more: &mut dyn FnMut(&mut Batch) -> bool,
) -> io::Result<()> {
    let connection = connect(path)?;
    let order = table.order.as_deref().map_or_else(|| "rowid".to_owned(), quoted);
    let query = format!("SELECT * FROM {} ORDER BY {order}", quoted(&table.table));
    let mut statement = connection.prepare(&query).map_err(failed)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut tape = Tape::default();
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let start = batch.buffer.len();
        record(row, &names, table, &mut tape, &mut batch.buffer).map_err(failed)?;
        let end = batch.buffer.len();
        batch.buffer.push(b'\n');
        batch.records.push((offset(start), offset(end), batch.lines));
        batch.lines += 1;
        if !more(batch) {
            return Ok(());
        }
    }
    Ok(())
}

/// A row as an object, its columns in the order of the table.
fn record(
    row: &Row<'_>,
    names: &[String],
    table: &Table,
    tape: &mut Tape,
    out: &mut Vec<u8>,
) -> rusqlite::Result<()> {
    out.push(b'{');
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        text::encode_into(name.as_bytes(), false, out);
        out.push(b':');
        match row.get_ref(index)? {
            ValueRef::Null => out.extend_from_slice(b"null"),
            ValueRef::Integer(number @ (0 | 1)) if table.bools.contains(name) => {
                out.extend_from_slice(if number == 0 { b"false" } else { b"true" });
            }
            ValueRef::Integer(number) => {
                let _ = write!(out, "{number}");
            }
            ValueRef::Real(number) if number.is_finite() => {
                let _ = write!(out, "{number:?}");
            }
            ValueRef::Real(number) => {
                out.extend_from_slice(if number.is_nan() {
                    b"NaN".as_slice()
                } else if number > 0.0 {
                    b"Infinity"
                } else {
                    b"-Infinity"
                });
            }
            ValueRef::Text(inner) if table.json.contains(name) && tape.read(inner).is_ok() => {
                out.extend_from_slice(inner);
            }
            ValueRef::Text(inner) => text::encode_into(inner, false, out),
            ValueRef::Blob(bytes) => {
                out.push(b'"');
                out.extend_from_slice(data_encoding::HEXLOWER.encode(bytes).as_bytes());
                out.push(b'"');
            }
        }
    }
    out.push(b'}');
    Ok(())
}
