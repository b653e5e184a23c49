use super::*;

#[test]
fn a_document_is_well_formed() {
    let shapes = [
        Shape::Line(vec![(0.0, 1.0), (2.25, 3.0)], 2.5, [255, 0, 16]),
        Shape::Text((4.0, 5.0), Side::Right, "a<b>&".to_owned(), [0; 3]),
    ];
    let text = svg(&shapes, "http://a/?b&c=\u{1}<");
    assert!(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1000 560\""), "{text}");
    assert!(text.ends_with("</svg>\n"), "{text}");
    for wanted in [
        "<title>http://a/?b&amp;c= &lt;</title>",
        "<polyline points=\"0.0,1.0 2.2,3.0\" fill=\"none\" stroke=\"#ff0010\" stroke-width=\"2.5\"/>",
        "<text x=\"4.0\" y=\"5.0\" text-anchor=\"end\" fill=\"#000000\">a&lt;b&gt;&amp;</text>",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
}
