//! Extracts: what is left out changes no verdict, and an anonymized extract can be read again.

use pptp_diag::base::frame::Frame;
use pptp_diag::base::frame::LinkType;
use pptp_diag::base::time::Timestamp;
use pptp_diag::pipeline::Analysis;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;
use pptp_diag::pipeline::anonymize::Key;
use pptp_diag::pipeline::anonymize::Survey;
use pptp_diag::pipeline::extract::Extract;

use super::conversations::verdicts;
use super::files;
use super::frames;
use super::frames::Captured;

/// See [`frames`] for the input.
pub fn run(data: &[u8]) {
    let frames = frames::read(data);
    // Frames that are left out tell how long nothing came: their extract says until when it goes.
    let until = frames.last().map(|f| f.at);
    let original = analysis(&frames, until);

    let mut extract = Extract::new(&[]);
    let kept: Vec<Captured> = frames
        .iter()
        .enumerate()
        .filter(|(n, captured)| extract.keeps(&captured.frame(*n)))
        .map(|(_, captured)| captured.clone())
        .collect();
    let extracted = analysis(&kept, until);
    files::bounds(&extracted);
    assert_eq!(verdicts(&original), verdicts(&extracted));

    let mut survey = Survey::new(&[], Key::new([7; 32]));
    for (n, captured) in frames.iter().enumerate() {
        survey.push(&captured.frame(n));
    }
    let mut anonymizer = survey.finish(until);
    let mut analyzer = Analyzer::new(Options::default());
    let mut packets = 0;
    for (n, captured) in frames.iter().enumerate() {
        let frame = captured.frame(n);
        for packet in anonymizer.packets(&frame) {
            let data = &packet.octets;
            assert!(packet.original_len as usize >= data.len());
            assert!(matches!(data.first().map(|o| o >> 4), Some(4 | 6)));
            let original_len = packet.original_len;
            analyzer.push(&Frame { link: LinkType::RAW, original_len, data, ..frame });
            packets += 1;
        }
    }
    assert!(packets <= frames.len() * 128);
    if let Some(at) = until {
        analyzer.tick(at);
    }
    let anonymous = analyzer.finish();
    files::bounds(&anonymous);
    assert_eq!(verdicts(&original), verdicts(&anonymous));
}

fn analysis(frames: &[Captured], until: Option<Timestamp>) -> Analysis {
    let mut analyzer = Analyzer::new(Options::default());
    for (n, captured) in frames.iter().enumerate() {
        analyzer.push(&captured.frame(n));
    }
    if let Some(at) = until {
        analyzer.tick(at);
    }
    analyzer.finish()
}
