using System.Text;

namespace HealthKit.Tests.Files;

public class HtmlPageTests
{
    [Theory]
    [InlineData("<!DOCTYPE html><p>x")]
    [InlineData("\r\n  <!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">")]
    [InlineData("<!-- a comment --> <!-- another -->\n<HTML>")]
    [InlineData("<html>\r\n<head><title>502 Bad Gateway</title></head>")]
    [InlineData("<head><title>x</title>")]
    [InlineData("<body bgcolor=white>")]
    [InlineData("<title>Error</title>")]
    [InlineData("<br />\n<b>Warning</b>: fopen()")]
    [InlineData("<h1>Not Found</h1>")]
    [InlineData("<?xml version=\"1.0\"?><!DOCTYPE html>")]
    [InlineData("<?xml version=\"1.0\"?>\n<html xmlns=\"x\">")]
    public void A_page_is_told_by_its_begin(string text) => Assert.True(HtmlPage.Is(Encoding.UTF8.GetBytes(text), isXml: false));

    [Theory]
    [InlineData("")]
    [InlineData("<")]
    [InlineData("name,html\n<html>,1\n")]
    [InlineData("\"<html>\"")]
    [InlineData("<htmlish>")]
    [InlineData("<?xml version=\"1.0\"?><title>a book</title>")]
    [InlineData("<!-- a comment that does not end <html>")]
    [InlineData("<!doctype book>")]
    public void Other_files_are_none(string text) => Assert.False(HtmlPage.Is(Encoding.UTF8.GetBytes(text), isXml: false));

    [Fact]
    public void In_a_file_that_is_xml_by_its_name_only_html_itself_counts()
    {
        Assert.False(HtmlPage.Is("<table><row/></table>"u8, isXml: true));
        Assert.True(HtmlPage.Is("<html><body>"u8, isXml: true));
        Assert.True(HtmlPage.Is("<!doctype html>"u8, isXml: true));
    }

    [Fact]
    public void The_title_is_shown_in_one_short_line()
    {
        Assert.Equal("503 Service?Unavailable", HtmlPage.TitleOf("<head><TITLE lang=en>\n503 Service\nUnavailable </Title>"u8, new Redactor()));
        Assert.Null(HtmlPage.TitleOf("<head><title>no end"u8, new Redactor()));
        Assert.True(HtmlPage.TitleOf(Encoding.UTF8.GetBytes($"<title>{new string('x', 5_000)}</title>"), new Redactor())!.Length <= 101);
    }
}
