//! Archives, made by hand so that they can be wrong in any way.

use std::io::Write;

use rawzip::path::EntryPath;
use rawzip::{CompressionMethod, ZipArchiveWriter};

/// Name and content.
pub type File<'a> = (&'a str, &'a [u8]);

/// A zip of deflated files.
pub fn zip(files: &[File<'_>]) -> Vec<u8> {
    zip_modes(&files.iter().map(|&(name, bytes)| (name, bytes, None)).collect::<Vec<_>>())
}

/// A zip whose entries have modes of Unix.
pub fn zip_modes(files: &[(&str, &[u8], Option<u32>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut out);
    for (name, bytes, mode) in files {
        let path = EntryPath::verbatim(name.as_bytes());
        let mut file = archive.new_file(path).compression_method(CompressionMethod::DEFLATE);
        if let Some(mode) = mode {
            file = file.unix_permissions(*mode);
        }
        let (mut entry, config) = file.start().expect("an entry");
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::best());
        let mut writer = config.wrap(encoder);
        writer.write_all(bytes).expect("bytes");
        let (encoder, descriptor) = writer.finish().expect("an end");
        encoder.finish().expect("an end");
        entry.finish(descriptor).expect("an end");
    }
    archive.finish().expect("a directory");
    out
}

/// Where the `number`th record with this signature begins, from 0.
pub fn record(archive: &[u8], signature: &[u8; 4], number: usize) -> usize {
    let mut places = (0..archive.len()).filter(|&at| archive[at..].starts_with(signature));
    places.nth(number).expect("a record")
}

/// A tar of regular files.
pub fn tar(files: &[File<'_>]) -> Vec<u8> {
    let entries = files.iter().map(|&(name, bytes)| tar_entry(name, b'0', "", bytes));
    tar_of(&entries.collect::<Vec<_>>())
}

/// A tar of entries, closed.
pub fn tar_of(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut out = entries.concat();
    out.resize(out.len() + 1024, 0);
    out
}

/// One entry of a tar.
pub fn tar_entry(name: &str, kind: u8, link: &str, bytes: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut out = block.to_vec();
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

/// Compressed as gzip does.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("bytes");
    encoder.finish().expect("an end")
}

/// Compressed as bzip2 does.
pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).expect("bytes");
    encoder.finish().expect("an end")
}

/// Compressed as xz does.
pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(6);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).expect("options");
    encoder.write_all(bytes).expect("bytes");
    encoder.finish().expect("an end")
}

/// Compressed as zstd does.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}
